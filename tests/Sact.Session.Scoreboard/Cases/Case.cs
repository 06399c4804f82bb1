namespace Sact.Session.Scoreboard;

/// <summary>A published bug, as something that is done over HTTP.</summary>
/// <param name="Id">The name of the case, for <c>--filter</c>.</param>
/// <param name="Title">What must not happen.</param>
/// <param name="References">Where the bug was published.</param>
/// <param name="Steps">What the scoreboard does.</param>
/// <param name="PlayAsync">Does it, and judges.</param>
internal sealed record Case(
    string Id, string Title, IReadOnlyList<Reference> References, string Steps, Func<Application, Task<Finding>> PlayAsync)
{
    /// <summary>Whether the case needs an application whose store can be made to fail, or whose ids can be made to repeat.</summary>
    public bool NeedsFaults { get; init; }

    /// <summary>Whether the case is about a default that an option changes, and not about a flaw.</summary>
    public bool IsAboutDefaults { get; init; }

    /// <summary>The family, which is the part of the table.</summary>
    public string Family { get; init; } = "";
}
