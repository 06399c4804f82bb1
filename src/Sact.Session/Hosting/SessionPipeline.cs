namespace Sact.Session;

/// <summary>What the registrations know about the pipeline of their application.</summary>
internal sealed class SessionPipeline
{
    /// <summary>Whether <c>app.UseSactSession()</c> was called.</summary>
    public bool HasMiddleware { get; set; }
}
