namespace Sact.Session;

/// <summary>The default values of the authentication scheme.</summary>
public static class SactSessionDefaults
{
    /// <summary>The default name of the scheme: <c>SactSession</c>.</summary>
    public const string AuthenticationScheme = "SactSession";
}
