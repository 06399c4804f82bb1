namespace Sact.Session;

/// <summary>Names of the authentication scheme.</summary>
public static class SactSessionDefaults
{
    /// <summary>The scheme's name where none is given: <c>SactSession</c>.</summary>
    public const string AuthenticationScheme = "SactSession";
}
