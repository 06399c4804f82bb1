namespace Sact.Session;

/// <summary>The state of the application's pipeline that all registrations share.</summary>
internal sealed class SessionPipeline
{
    /// <summary>Whether <c>app.UseSactSession()</c> was called.</summary>
    public bool HasMiddleware { get; set; }
}
