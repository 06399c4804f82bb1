using System.Security.Cryptography;
using System.Text.Json;

namespace Sact.Session;

/// <summary>
/// Takes sessions from one store to another, while both serve. A session is created in the new store before it ends in the old one, so
/// that it is never in neither. It never overwrites, so it can be stopped anywhere and started again.
/// </summary>
internal sealed class SessionMove(RecordStore from, RecordStore to)
{
    // No session has replaced its id so often. With it the marker of a moved session differs from that of a sign-in that replaced one.
    private const int MovedGeneration = int.MaxValue;

    private static readonly TimeSpan s_probeLife = TimeSpan.FromMinutes(1);

    // The marker of an end refuses a late creation for twice as long.
    private static readonly TimeSpan s_longest = EndedMarker.Lifetime / 2;
    private volatile bool _isChecked;

    /// <summary>Moves a session, if the old store has it.</summary>
    /// <exception cref="UnmovableSessionException">The new store refuses it, or has another or an older state of it.</exception>
    /// <exception cref="SessionStoreException">A store does not answer, or the record is of a newer format.</exception>
    public ValueTask<bool> MoveAsync(SessionKey key, CancellationToken cancellationToken) =>
        RunAsync(key, endsOld: true, cancellationToken);

    /// <summary>Copies a session, if the old store has it, and leaves the old store as it is.</summary>
    /// <exception cref="UnmovableSessionException">The new store refuses it, or has another or an older state of it.</exception>
    /// <exception cref="SessionStoreException">A store does not answer, or the record is of a newer format.</exception>
    public ValueTask<bool> CopyAsync(SessionKey key, CancellationToken cancellationToken) =>
        RunAsync(key, endsOld: false, cancellationToken);

    /// <summary>Moves all sessions of a user.</summary>
    /// <returns>How many live ones stay in the old store, because they are of a newer format or cannot move.</returns>
    /// <exception cref="SessionStoreException">A store does not answer.</exception>
    public async ValueTask<int> MoveAllAsync(string userId, CancellationToken cancellationToken)
    {
        // All of them first, because the moves change what is listed.
        var keys = new List<SessionKey>();
        int staying = 0;
        await foreach (var (key, stored) in from.ReadUserAsync(userId, cancellationToken).ConfigureAwait(false))
        {
            if (stored.IsLive(from.Now) && string.Equals(stored.Header.UserId, userId, StringComparison.Ordinal))
            {
                staying += stored.Record is null ? 1 : 0;
                keys.AddRange(stored.Record is null ? [] : [key]);
            }
        }

        foreach (var key in keys)
        {
            try
            {
                await MoveAsync(key, cancellationToken).ConfigureAwait(false);
            }
            catch (UnmovableSessionException)
            {
                staying++;
            }
        }

        return staying;
    }

    /// <summary>Leaves a marker in the old store that nobody sees, because no id has its hash.</summary>
    public ValueTask<bool> EndOldAsync(SessionRecord record)
    {
        var moved = record with
        {
            CurrentHash = new SecretHash(RandomNumberGenerator.GetBytes(SecretHash.Size)),
            PendingHash = null,
            PreviousHash = null,
            Generation = MovedGeneration,
        };
        return from.EndAsync(moved, SessionEndReason.Replaced, CancellationToken.None);
    }

    /// <summary>Whether a marker in the old store only says that the new one has the session.</summary>
    public static bool IsMoved(EndedMarker marker) =>
        marker is { Reason: SessionEndReason.Replaced, Generation: MovedGeneration };

    /// <summary>
    /// Refuses two stores that keep one set of records: a session that moves would end. It looks once whether the old store sees a note
    /// in the new one.
    /// </summary>
    /// <exception cref="SessionStoreException">They do, or a store does not answer.</exception>
    public async ValueTask ThrowIfSameAsync(CancellationToken cancellationToken)
    {
        if (_isChecked)
        {
            return;
        }

        byte[] hash = RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes);
        var probe = SessionNotes.Single(to, hash, SessionFields.Empty, s_probeLife, to.Now);
        await to.CreateAsync(probe, cap: null, cancellationToken).ConfigureAwait(false);
        var seen = await from.ReadAsync(probe.Key, cancellationToken).ConfigureAwait(false);
        await to.EndAsync(probe, SessionEndReason.SignedOut, CancellationToken.None).ConfigureAwait(false);
        if (seen.Exists)
        {
            throw new SessionStoreException(
                "The old store and the new one keep the same records, so that a session that moves would end. "
                + "Give them different databases, or different tables.");
        }

        _isChecked = true;
    }

    private async ValueTask<bool> RunAsync(SessionKey key, bool endsOld, CancellationToken cancellationToken)
    {
        var began = to.Now;
        if (await ReadAsync(key, cancellationToken).ConfigureAwait(false) is not { } record)
        {
            return false;
        }

        await ThrowIfSameAsync(cancellationToken).ConfigureAwait(false);
        await PutAliasesAsync(record, cancellationToken).ConfigureAwait(false);
        if (to.Now - began > s_longest)
        {
            throw new SessionStoreException(
                "A session was not moved to the new store, because its reading took more than five minutes. "
                + "The session may have ended since. Try again.");
        }

        await PutAsync(record, cancellationToken).ConfigureAwait(false);

        // From here on to the end, whatever the caller does: a session that has ended meanwhile must not stay in the new store.
        return (endsOld && await EndOldAsync(record).ConfigureAwait(false)) || await SettleAsync(record).ConfigureAwait(false);
    }

    private async ValueTask<SessionRecord?> ReadAsync(SessionKey key, CancellationToken cancellationToken)
    {
        var stored = await from.ReadAsync(key, cancellationToken).ConfigureAwait(false);
        return !stored.IsLive(from.Now) ? null
            : stored.Record ?? throw GenericStore.NewerFormat(stored.Header.Format);
    }

    private async ValueTask PutAsync(SessionRecord record, CancellationToken cancellationToken)
    {
        // With both stores in use the old record never changes. A repeated creation counts as done, so it cannot tell that.
        var before = await to.ReadAsync(record.Key, cancellationToken).ConfigureAwait(false);
        if (before.IsLive(to.Now) && before.Header.LineageHash == record.LineageHash && before.Header.Version < record.Version)
        {
            throw new UnmovableSessionException(
                $"The old store has a newer state of the session {record.Key} than the new one, "
                + "because a process used the old store alone. End the session in both stores.");
        }

        SessionCreation creation;
        try
        {
            creation = await to.CreateAsync(record, cap: null, cancellationToken).ConfigureAwait(false);
        }
        catch (ArgumentException refused)
        {
            throw new UnmovableSessionException(
                $"The new store refuses the session {record.Key}. In Redis it began before the RoutingKey was changed. "
                + "End the session, or wait until it has expired.",
                refused);
        }

        if (creation.Status == SessionCreationStatus.Created)
        {
            return;
        }

        // The session itself, changed meanwhile, or its marker. Anything else would be lost with the old record.
        var there = await to.ReadAsync(record.Key, cancellationToken).ConfigureAwait(false);
        if (there.Exists && (there.Error is not null || there.Header.LineageHash != record.LineageHash))
        {
            throw new UnmovableSessionException(
                $"The new store has another record, or one that cannot be read, under the key of the session {record.Key}. "
                + "End the session in both stores.");
        }
    }

    /// <summary>Takes the aliases along, by which an identity provider ends the session.</summary>
    private async ValueTask PutAliasesAsync(SessionRecord record, CancellationToken cancellationToken)
    {
        foreach (string name in AliasesOf(record))
        {
            await foreach (var alias in from.GetActiveSessionsAsync(name, cancellationToken).ConfigureAwait(false))
            {
                if (SessionAliases.TryReadTarget(alias, out var target) && target == record.Key)
                {
                    await PutAsync(alias, cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    // Whoever writes to the store can plant a field that is no list of names.
    private static IReadOnlyList<string> AliasesOf(SessionRecord record)
    {
        try
        {
            return [.. SessionAliases.Of(record).Where(static name => UserIdRule.Validate(name) is null)];
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return [];
        }
    }

    /// <summary>Looks once more at the old store, and ends the session in the new one if it has ended in the old one.</summary>
    /// <returns>False if it has ended.</returns>
    private async ValueTask<bool> SettleAsync(SessionRecord record)
    {
        var old = await from.ReadAsync(record.Key, CancellationToken.None).ConfigureAwait(false);
        if (old.Exists && (!old.IsEnded || (old.Ended is { } marker && IsMoved(marker))))
        {
            return true;
        }

        // Nothing at all is left where all sessions were ended.
        await to.EndAsync(record, old.Ended?.Reason ?? SessionEndReason.Administrator, CancellationToken.None).ConfigureAwait(false);
        return false;
    }
}
