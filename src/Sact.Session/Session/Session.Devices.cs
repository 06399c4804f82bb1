namespace Sact.Session;

public partial class Session<TStore>
{
    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<SessionData>> GetActiveSessionsAsync(CancellationToken cancellationToken = default)
    {
        using var turn = await TurnAsync(cancellationToken).ConfigureAwait(false);
        if (await LoadSignedInAsync(cancellationToken).ConfigureAwait(false) is not { } mine)
        {
            return [];
        }

        var now = Settings.Clock.GetUtcNow();
        var records = await Calls.ListAsync(mine.UserId!, cancellationToken).ConfigureAwait(false);
        return [.. records
            .Where(record => record.State == SessionState.SignedIn && IsOf(record, mine) && record.IsLive(now))
            .OrderByDescending(record => record.LastSeenAt)
            .Select(record => new SessionData(record, Settings, isCurrent: record.Key == mine.Key))];
    }

    /// <inheritdoc/>
    public async ValueTask<long> DeleteOtherSessionsAsync(CancellationToken cancellationToken = default)
    {
        using var turn = await TurnAsync(cancellationToken).ConfigureAwait(false);
        if (await LoadSignedInAsync(cancellationToken).ConfigureAwait(false) is not { } mine)
        {
            return 0;
        }

        long ended = await Calls.DeleteActiveSessionsAsync(mine.UserId!, mine.Key, cancellationToken).ConfigureAwait(false);
        Settings.Telemetry.EndedMany(mine.Key, ended, EndedReason.Others);
        return ended;
    }

    /// <inheritdoc/>
    public async ValueTask<bool> KeepOnlyThisSessionAsync(CancellationToken cancellationToken = default)
    {
        using var turn = await TurnAsync(cancellationToken).ConfigureAwait(false);
        _response.ThrowIfStarted();
        if (await LoadSignedInAsync(cancellationToken).ConfigureAwait(false) is not { } mine)
        {
            return false;
        }

        // The others first: whatever this id is worth by now, they end.
        long ended = await Calls.DeleteActiveSessionsAsync(mine.UserId!, mine.Key, cancellationToken).ConfigureAwait(false);
        Settings.Telemetry.EndedMany(mine.Key, ended, EndedReason.Others);
        return await RenewInTurnAsync(immediately: true, null, cancellationToken).ConfigureAwait(false)
            || (_record is { State: SessionState.SignedIn } still && SessionRecordFactory.Judge(Judged(), still, Settings) == SecretVerdict.Grace);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> DeleteSessionAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        if (key.IsDefault)
        {
            throw new ArgumentException("A default SessionKey names no session. Take the key from GetActiveSessionsAsync.", nameof(key));
        }

        using var turn = await TurnAsync(cancellationToken).ConfigureAwait(false);
        if (await LoadSignedInAsync(cancellationToken).ConfigureAwait(false) is not { } mine)
        {
            return false;
        }

        if (key == mine.Key)
        {
            return await SignOutAsync(cancellationToken).ConfigureAwait(false);
        }

        var other = await Calls.GetAsync(key, endsWithRequest: true, cancellationToken).ConfigureAwait(false);
        if (other is null || other.Key != key || !IsOf(other, mine) || !other.IsLive(Settings.Clock.GetUtcNow()))
        {
            return false;
        }

        bool ended = await Calls.DeleteAsync(other, cancellationToken).ConfigureAwait(false);
        if (ended)
        {
            Settings.Telemetry.Ended(key, EndedReason.ByKey);
        }

        return ended;
    }

    /// <inheritdoc/>
    public async ValueTask<long> DeleteAllSessionsAsync(CancellationToken cancellationToken = default)
    {
        using var turn = await TurnAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            if (await LoadAsync(reload: true, cancellationToken, patiently: true).ConfigureAwait(false) is not { State: SessionState.SignedIn } mine)
            {
                await EndOwnAsync(cancellationToken).ConfigureAwait(false);
                return 0;
            }

            long ended = await Calls.DeleteActiveSessionsAsync(mine.UserId!, except: null, cancellationToken).ConfigureAwait(false);
            BecomeEnded();
            Settings.Telemetry.EndedMany(mine.Key, ended, EndedReason.Everywhere);
            return ended;
        }
        finally
        {
            DropCookie();
        }
    }

    private static bool IsOf(SessionRecord record, SessionRecord mine) => string.Equals(record.UserId, mine.UserId, StringComparison.Ordinal);

    // Read anew, whatever is remembered: who has been signed out meanwhile must not see, or end, the sessions of who did it.
    private async ValueTask<SessionRecord?> LoadSignedInAsync(CancellationToken cancellationToken) =>
        await LoadAsync(reload: true, cancellationToken).ConfigureAwait(false) is { State: SessionState.SignedIn } record ? record : null;
}
