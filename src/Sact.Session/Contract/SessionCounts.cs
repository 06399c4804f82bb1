namespace Sact.Session;

/// <summary>How many sessions are live, by state.</summary>
/// <param name="SignedIn">Of signed-in users.</param>
/// <param name="Pending">Whose user still has to show a further factor.</param>
/// <param name="Anonymous">Of visitors.</param>
public readonly record struct SessionCounts(long SignedIn, long Pending, long Anonymous)
{
    /// <summary>All of them.</summary>
    public long Total => SignedIn + Pending + Anonymous;

    /// <summary>Adds sessions of a state. A note is no session and adds nothing.</summary>
    /// <param name="state">The state.</param>
    /// <param name="count">How many.</param>
    /// <returns>The sum.</returns>
    public SessionCounts Add(SessionState state, long count) => state switch
    {
        SessionState.SignedIn => this with { SignedIn = SignedIn + count },
        SessionState.Pending => this with { Pending = Pending + count },
        SessionState.Anonymous => this with { Anonymous = Anonymous + count },
        _ => this,
    };
}
