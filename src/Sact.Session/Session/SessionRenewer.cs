namespace Sact.Session;

/// <summary>Gives a session a new secret: with a grace, or at once, which a raised assurance level requires.</summary>
internal readonly struct SessionRenewer(RequestSession session)
{
    // A compare-and-swap is lost only to the success of another writer, so this many losses in a row are a fault of the store.
    public const int MaxTries = 10_000;

    public async ValueTask<bool> RenewAsync(bool immediately, SessionRaiseRequest? raise, CancellationToken cancellationToken)
    {
        using var scope = await session.EnterAsync(cancellationToken).ConfigureAwait(false);
        session.Request.ThrowIfStarted();
        return await RenewInScopeAsync(immediately, raise, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same, for a caller that is in a scope.</summary>
    public async ValueTask<bool> RenewInScopeAsync(bool immediately, SessionRaiseRequest? raise, CancellationToken cancellationToken)
    {
        var record = await session.LoadAsync(reload: false, cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < MaxTries && CanRenew(record, raise); i++)
        {
            // Evaluated again, because the request may be older than a renewal. An id that is accepted only by its grace never receives a
            // new secret: the client has a newer one.
            var now = session.Now;
            var verdict = session.State.Evaluate(record!, now, session.Settings);
            if (verdict is not (SecretVerdict.Current or SecretVerdict.Pending))
            {
                return !immediately;
            }

            if (!immediately && SecretRule.RenewedJustNow(record!, now, session.Settings.RenewalGrace, session.Settings.ReplayMargin))
            {
                return true;
            }

            // This request's id is the pending one, and its promotion has failed before. It must not be replaced while the client knows no
            // other.
            if (!immediately && verdict == SecretVerdict.Pending)
            {
                record = await PromoteAsync(record!, now, cancellationToken).ConfigureAwait(false);
                continue;
            }

            var raised = raise?.For(record!, now);
            if (raised?.Lifetimes is { } lifetimes && record!.CreatedAt + lifetimes.AbsoluteTimeout <= now)
            {
                return false;
            }

            SessionUpdate outcome;
            session.Watch.Watched?.ExpectReplacement();
            try
            {
                outcome = await IssueAsync(record!, immediately, raised, raise?.Fields, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                session.Watch.Watched?.Follow(session.State.Generation);
            }

            switch (outcome.Status)
            {
                case SessionUpdateStatus.Applied:
                    return true;
                case SessionUpdateStatus.TooLarge:
                    throw session.Fields.TooLarge("metadata");
            }

            // Another caller was first. If it replaced the secret at once, there is no record any more.
            record = session.Record;
            session.Telemetry.Metrics.Conflict();
        }

        return false;
    }

    private static bool CanRenew(SessionRecord? record, SessionRaiseRequest? raise) =>
        record is { State: SessionState.SignedIn } || (raise is not null && record is { State: SessionState.Pending });

    private async ValueTask<SessionRecord?> PromoteAsync(SessionRecord record, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var promotion = SessionRenewal.Promote(SessionIdFormat.HashOf(session.State.IdInUse), now);
        var change = new SessionChange { Renewal = promotion, Generation = session.State.Generation };
        await session.UpdateAsync(record, change, cancellationToken).ConfigureAwait(false);
        return session.Record;
    }

    /// <summary>Makes a new secret pending, or current at once, and sends its cookie if this caller was the one that did it.</summary>
    private async ValueTask<SessionUpdate> IssueAsync(
        SessionRecord record, bool immediately, SessionRaise? raise, SessionFields? fields, CancellationToken cancellationToken)
    {
        string id = SessionIdFormat.WithNewRotor(session.State.IdInUse);
        var hash = SessionIdFormat.HashOf(id);
        var now = session.Now;
        var key = session.KeyOf(record);
        var wrapped = key?.Wrap(id);
        var renewal = immediately
            ? SessionRenewal.Replace(hash, now, record, wrapped)
            : SessionRenewal.Propose(hash, now, record, wrapped);
        var stored = session.Fields.AsStored(record, new FieldChange(fields, []));
        var change = new SessionChange
        {
            // Whoever shows a factor is present: a shorter idle timeout counts from now, not from a "last seen" that is written rarely.
            Touch = raise is not null && session.State.Phase == SessionPhase.Verified ? new SessionTouch(now, session.Client()) : null,
            Renewal = renewal,
            Raise = raise,
            Set = stored.Set,
            Remove = stored.Remove,
            MaxBytes = session.Settings.MaxRecordBytes,
            Generation = session.State.Generation,
        };
        SessionUpdate outcome;
        try
        {
            outcome = await session.UpdateAsync(record, change, cancellationToken).ConfigureAwait(false);
        }
        catch (SessionStoreException fault) when (immediately && fault.OutcomeUnknown)
        {
            if (await SettleAsync(record.Key, hash).ConfigureAwait(false) is not { } settled)
            {
                throw;
            }

            outcome = settled;
        }

        if (outcome is { Status: SessionUpdateStatus.Applied, Record: { } renewed })
        {
            if (immediately)
            {
                session.State.UseReplacement(id);
                await session.End.SendOrEndAsync(id, renewed).ConfigureAwait(false);
            }
            else
            {
                session.Cookies.Send(id, renewed);
                session.State.Renew(id);
            }

            session.Telemetry.Renewed(renewed.Key, renewal.Kind);
        }

        return outcome;
    }

    /// <summary>
    /// Finds out whether a replacement of unknown outcome happened. If it did, the old secret is invalid and only this request knows the
    /// new one: without this read the user would be locked out.
    /// </summary>
    /// <returns>Null if it did not happen, or if the store cannot say.</returns>
    private async ValueTask<SessionUpdate?> SettleAsync(SessionKey key, SecretHash hash)
    {
        SessionRecord? stored;
        try
        {
            stored = await session.Calls.GetAsync(key, endsWithRequest: false, CancellationToken.None).ConfigureAwait(false);
        }
        catch (SessionStoreException)
        {
            // The fault of the write says more: its outcome is unknown, and that of a read never is.
            return null;
        }

        if (session.IfLive(stored, key) is not { } after || after.CurrentHash != hash)
        {
            return null;
        }

        session.State.Replace(after);
        return SessionUpdate.Applied(session.Remember(after)!);
    }
}
