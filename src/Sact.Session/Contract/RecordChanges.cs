namespace Sact.Session.Stores;

/// <summary>
/// Applies changes to the records of a store that only compares and replaces. Changes of one session that meet in this process are
/// written together.
/// </summary>
internal sealed class RecordChanges(RecordStore store)
{
    private readonly ChangesInFlight _inFlight = new();
    private readonly ContestedSessions _contested = new();

    /// <inheritdoc cref="IGenericStore.UpdateAsync"/>
    public async ValueTask<SessionUpdate> ApplyAsync(SessionRecord session, SessionChange change, CancellationToken cancellationToken)
    {
        var mine = new WaitingChange(session, change);
        var changes = _inFlight.TryBegin(mine) ? [mine] : await WaitAsync(mine, cancellationToken).ConfigureAwait(false);
        if (changes is not null)
        {
            await WriteAsync(mine, changes, cancellationToken).ConfigureAwait(false);
        }

        return mine.Outcome;
    }

    private async ValueTask<IReadOnlyList<WaitingChange>?> WaitAsync(WaitingChange mine, CancellationToken cancellationToken)
    {
        try
        {
            return await mine.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            if (_inFlight.TryWithdraw(mine))
            {
                throw;
            }

            // A write that has begun either completes or does not happen.
            return await mine.Turn.ConfigureAwait(false);
        }
    }

    /// <summary>Writes the changes of this and of other callers, and lets each of them know the outcome.</summary>
    private async ValueTask WriteAsync(WaitingChange mine, IReadOnlyList<WaitingChange> changes, CancellationToken cancellationToken)
    {
        var others = changes.Where(change => change != mine).ToArray();
        bool isHandedOver = false;
        SessionRecord? stored = null;
        try
        {
            // This caller may have given up while it waited.
            cancellationToken.ThrowIfCancellationRequested();
            await WriteAsync(changes, cancellationToken).ConfigureAwait(false);
            stored = mine.Outcome.Record;
            Array.ForEach(others, static change => change.Finish());
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested && others.Length > 0)
        {
            // A cancelled write has not happened. The others wait for as long as their own callers do.
            isHandedOver = true;
            others[0].Write(others);
            throw;
        }
        catch (Exception exception)
        {
            var shared = exception as SessionStoreException ?? new SessionStoreException(
                "The change was part of a joint write that failed. Read the session, and try again.", exception, outcomeUnknown: true);
            Array.ForEach(others, change => change.Fail(shared));
            throw;
        }
        finally
        {
            if (!isHandedOver)
            {
                _inFlight.End(mine, stored);
            }
        }
    }

    private async ValueTask WriteAsync(IReadOnlyList<WaitingChange> changes, CancellationToken cancellationToken)
    {
        var held = Newest(changes);
        if (_contested.Contains(held.Key))
        {
            var found = await RewriteAndSettleAsync(changes, held, cancellationToken).ConfigureAwait(false);
            if (found is null || found.Version == held.Version)
            {
                _contested.Remove(held.Key);
            }

            return;
        }

        bool isFresh = false;
        for (int lostRaces = 0; ;)
        {
            var changed = Apply(changes, held, out bool refused);
            if (isFresh && ReferenceEquals(changed, held))
            {
                return;
            }

            if (!isFresh && (refused || ReferenceEquals(changed, held)))
            {
                held = store.LiveOf(held, await store.ReadAsync(held.Key, cancellationToken).ConfigureAwait(false));
            }
            else if (await ReplaceAndSettleAsync(held, changed, cancellationToken).ConfigureAwait(false) is { } stored)
            {
                held = store.LiveOf(held, stored);
                lostRaces++;
            }
            else
            {
                return;
            }

            isFresh = true;
            if (held is null)
            {
                SetAll(changes, SessionUpdate.Gone);
                return;
            }

            if (lostRaces >= store.RacesBeforeRewrite)
            {
                _contested.Add(held.Key);
                await RewriteAndSettleAsync(changes, held, cancellationToken).ConfigureAwait(false);
                return;
            }

            if (lostRaces > 0 && store.PauseAfter(lostRaces) is var pause && pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Applies changes one after the other, and sets the outcome of each. Every outcome with a record shows the one after all of them,
    /// because no other one is stored.
    /// </summary>
    private SessionRecord Apply(IReadOnlyList<WaitingChange> changes, SessionRecord held, out bool refused)
    {
        var now = store.Now;
        var changed = held;
        refused = false;
        foreach (var change in changes)
        {
            change.Outcome = changed.Apply(change.Change, now);
            refused |= change.Outcome.Status != SessionUpdateStatus.Applied;
            changed = change.Outcome is { Status: SessionUpdateStatus.Applied, Record: { } record } ? record : changed;
        }

        foreach (var change in changes)
        {
            change.Outcome = change.Outcome.Status switch
            {
                SessionUpdateStatus.Applied => SessionUpdate.Applied(changed),
                SessionUpdateStatus.Conflict => SessionUpdate.Conflict(changed),
                _ => change.Outcome,
            };
        }

        return changed;
    }

    private async ValueTask<StoredRecord?> ReplaceAndSettleAsync(
        SessionRecord held, SessionRecord changed, CancellationToken cancellationToken)
    {
        try
        {
            return await store.ReplaceAsync(held, changed, cancellationToken).ConfigureAwait(false);
        }
        catch (SessionStoreException exception) when (exception.OutcomeUnknown && store.IsSettledByRead(exception))
        {
            if (await IsStoredAsync(changed, cancellationToken).ConfigureAwait(false))
            {
                return null;
            }

            throw;
        }
    }

    /// <returns>The live record that the changes were applied to; null if there is none.</returns>
    private async ValueTask<SessionRecord?> RewriteAndSettleAsync(
        IReadOnlyList<WaitingChange> changes, SessionRecord held, CancellationToken cancellationToken)
    {
        SessionRecord? found = null, written = null;
        try
        {
            await store.RewriteAsync(
                held.Key,
                stored =>
                {
                    written = null;
                    found = store.LiveOf(held, stored);
                    if (found is null)
                    {
                        SetAll(changes, SessionUpdate.Gone);
                        return null;
                    }

                    var changed = Apply(changes, found, out _);
                    return written = ReferenceEquals(changed, found) ? null : changed;
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (SessionStoreException exception) when (exception.OutcomeUnknown && written is not null && store.IsSettledByRead(exception))
        {
            if (!await IsStoredAsync(written, cancellationToken).ConfigureAwait(false))
            {
                throw;
            }
        }

        return found;
    }

    /// <summary>Whether the store has this very record, byte for byte.</summary>
    private async ValueTask<bool> IsStoredAsync(SessionRecord record, CancellationToken cancellationToken)
    {
        try
        {
            var stored = await store.ReadAsync(record.Key, cancellationToken).ConfigureAwait(false);
            return stored.Record is { } found && found.Pack().AsSpan().SequenceEqual(record.Pack());
        }
        catch (Exception exception) when (exception is SessionStoreException or OperationCanceledException)
        {
            // The fault of the write says more. A cancellation here must not pass for one of the write, which may have happened.
            return false;
        }
    }

    private static SessionRecord Newest(IReadOnlyList<WaitingChange> changes)
    {
        var newest = changes[0].Session;
        foreach (var change in changes)
        {
            newest = change.Session.Version > newest.Version ? change.Session : newest;
        }

        return newest;
    }

    private static void SetAll(IReadOnlyList<WaitingChange> changes, SessionUpdate outcome)
    {
        foreach (var change in changes)
        {
            change.Outcome = outcome;
        }
    }
}
