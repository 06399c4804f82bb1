namespace Sact.Session;

/// <summary>What <see cref="ISactSession.RaiseAsync(int, SessionSignInOptions?, CancellationToken)"/> was called with.</summary>
/// <param name="Level">The wanted assurance level.</param>
/// <param name="Terms">The terms for a pending session, which becomes signed in.</param>
/// <param name="Options">The caller's options, for a session that is signed in already; null to keep its lifetimes.</param>
/// <param name="Fields">Metadata to set in the same write; null for none.</param>
internal sealed record SessionRaiseRequest(int Level, SessionTerms Terms, SessionSignInOptions? Options, SessionFields? Fields)
{
    /// <summary>
    /// The raise for a record. A level is never lowered: to show the password once more makes the session fresh and keeps the level.
    /// </summary>
    public SessionRaise For(SessionRecord record, DateTimeOffset now)
    {
        int level = Math.Max(Level, record.AssuranceLevel);
        if (record.State == SessionState.Pending)
        {
            return new SessionRaise(level, now, signsIn: true, Terms.Lifetimes, Terms.IsPersistent);
        }

        return Options is null
            ? new SessionRaise(level, now)
            : new SessionRaise(level, now, lifetimes: SessionTerms.Changed(record.Lifetimes, Options), isPersistent: Options.IsPersistent);
    }
}
