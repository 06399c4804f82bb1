namespace Sact.Session;

/// <summary>The signed-in user's own sessions: lists them and ends them.</summary>
internal readonly struct SessionDevices(RequestSession session)
{
    public async ValueTask<IReadOnlyList<SessionData>> ListAsync(CancellationToken cancellationToken)
    {
        using var scope = await session.EnterAsync(cancellationToken).ConfigureAwait(false);
        if (await session.ReloadSignedInAsync(cancellationToken).ConfigureAwait(false) is not { } mine)
        {
            return [];
        }

        var source = session;
        var now = session.Now;
        var records = await session.Calls.ListAsync(mine.UserId!, cancellationToken).ConfigureAwait(false);
        return [.. records
            .Where(record => record.State == SessionState.SignedIn && IsOfSameUser(record, mine) && record.IsLive(now))
            .OrderByDescending(record => record.LastSeenAt)
            .Select(record => new SessionData(record, source, isCurrent: record.Key == mine.Key))];
    }

    public async ValueTask<long> DeleteOthersAsync(bool renewCurrent, CancellationToken cancellationToken)
    {
        using var scope = await session.EnterAsync(cancellationToken).ConfigureAwait(false);
        if (renewCurrent)
        {
            session.Request.ThrowIfStarted();
        }

        if (await session.ReloadSignedInAsync(cancellationToken).ConfigureAwait(false) is not { } mine)
        {
            return 0;
        }

        long ended = await session.Calls.EndActiveSessionsAsync(
            mine.UserId!, mine.Key, SessionEndReason.SignedOutElsewhere, cancellationToken).ConfigureAwait(false);
        session.Telemetry.EndedMany(mine.Key, ended, EndedReason.Others);
        if (renewCurrent)
        {
            await session.Renewer.RenewInScopeAsync(immediately: true, null, cancellationToken).ConfigureAwait(false);
        }

        return ended;
    }

    public async ValueTask<bool> DeleteAsync(SessionKey key, CancellationToken cancellationToken)
    {
        if (key.IsDefault)
        {
            throw new ArgumentException(
                "A default SessionKey names no session. Use the key of a session from GetActiveSessionsAsync.", nameof(key));
        }

        using var scope = await session.EnterAsync(cancellationToken).ConfigureAwait(false);
        if (await session.ReloadSignedInAsync(cancellationToken).ConfigureAwait(false) is not { } mine)
        {
            return false;
        }

        if (key == mine.Key)
        {
            return await session.End.SignOutInScopeAsync(cancellationToken).ConfigureAwait(false);
        }

        var other = await session.Calls.GetAsync(key, endsWithRequest: true, cancellationToken).ConfigureAwait(false);
        if (SessionStateMachine.RefusalOf(other, key, session.Now) is not null || !IsOfSameUser(other!, mine))
        {
            return false;
        }

        bool ended = await session.Calls.EndAsync(other!, SessionEndReason.SignedOutElsewhere, cancellationToken).ConfigureAwait(false);
        if (ended)
        {
            session.Telemetry.Ended(key, EndedReason.ByKey);
        }

        return ended;
    }

    public async ValueTask<long> DeleteAllAsync(CancellationToken cancellationToken)
    {
        using var scope = await session.EnterAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            if (await session.LoadAsync(reload: true, cancellationToken, forEnding: true).ConfigureAwait(false)
                is not { State: SessionState.SignedIn } mine)
            {
                await session.End.EndOwnAsync(cancellationToken).ConfigureAwait(false);
                return 0;
            }

            // The others first: if that fails, all can be tried again. This one ends by a sign-out, so that a late request with its id does
            // not replace the cookie of a sign-in that may follow.
            session.End.NoteSigningOut(mine, SessionEndReason.SignedOutElsewhere);
            session.Watch.NoteEndedHere(true);
            long ended = await session.Calls.EndActiveSessionsAsync(
                mine.UserId!, mine.Key, SessionEndReason.SignedOutElsewhere, cancellationToken).ConfigureAwait(false);
            ended += await session.End.EndUncountedAsync(mine, SessionEndReason.SignedOut, cancellationToken).ConfigureAwait(false) ? 1 : 0;
            session.Telemetry.EndedMany(mine.Key, ended, EndedReason.Everywhere);
            return ended;
        }
        catch
        {
            session.Watch.NoteEndedHere(false);
            throw;
        }
        finally
        {
            session.End.DropCookie();
        }
    }

    private static bool IsOfSameUser(SessionRecord record, SessionRecord mine) =>
        string.Equals(record.UserId, mine.UserId, StringComparison.Ordinal);
}
