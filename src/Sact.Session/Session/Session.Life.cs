namespace Sact.Session;

public partial class Session<TStore>
{
    // Two ids with the same 126 random bits do not happen; a random source that repeats itself does.
    private const int MostIds = 4;

    // A session whose end the store has failed to write: trying again ends it.
    private SessionRecord? _unended;

    /// <inheritdoc/>
    public ValueTask<bool> RenewAsync(bool immediately = false, CancellationToken cancellationToken = default) => RenewAsync(immediately, null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> RaiseAsync(int assuranceLevel, SessionSignInOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (assuranceLevel is < 0 or > 255)
        {
            throw new ArgumentOutOfRangeException(nameof(assuranceLevel), assuranceLevel, "An assurance level lies between 0 and 255.");
        }

        if (options?.AssuranceLevel is not null)
        {
            throw new ArgumentException("The level is the first argument of RaiseAsync. Leave SessionSignInOptions.AssuranceLevel unset here.", nameof(options));
        }

        var terms = options is null ? Settings.SignInTerms : Terms(options);
        return RenewAsync(immediately: true, record => Raise(record, assuranceLevel, terms, options), cancellationToken);
    }

    private async ValueTask<bool> RenewAsync(bool immediately, Func<SessionRecord, SessionRaise>? raise, CancellationToken cancellationToken)
    {
        using var turn = await TurnAsync(cancellationToken).ConfigureAwait(false);
        _response.ThrowIfStarted();
        return await RenewInTurnAsync(immediately, raise, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<bool> RenewInTurnAsync(bool immediately, Func<SessionRecord, SessionRaise>? raise, CancellationToken cancellationToken)
    {
        var record = await LoadAsync(reload: false, cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < MostTries && (record is { State: SessionState.SignedIn } || (raise is not null && record is { State: SessionState.Pending })); i++)
        {
            // Judged anew, because the request may have outlived its id: one that is not good any more, or only by the grace, never receives a new secret. The client has a newer one.
            var verdict = SessionRecordFactory.Judge(Judged(), record, Settings);
            if (verdict is not (SecretVerdict.Current or SecretVerdict.Pending))
            {
                return !immediately;
            }

            if (!immediately && SecretRule.RenewedJustNow(record, Settings.Clock.GetUtcNow(), Settings.RenewalGrace, Settings.ReplayMargin))
            {
                return true;
            }

            // The id of this request is the pending one, and promoting it has failed before: it must not be replaced while its client knows no other.
            if (!immediately && verdict == SecretVerdict.Pending)
            {
                var promotion = SessionRenewal.Promote(SessionRecordFactory.Hash(Judged()), Settings.Clock.GetUtcNow());
                await WriteAsync(record, new SessionChange { Renewal = promotion, Generation = _generation }, cancellationToken).ConfigureAwait(false);
                record = _record;
                continue;
            }

            var raised = raise?.Invoke(record);
            if (raised?.Lifetimes is { } limits && record.CreatedAt + limits.AbsoluteTimeout <= Settings.Clock.GetUtcNow())
            {
                return false;
            }

            var outcome = await ProposeAsync(record, immediately, raised, cancellationToken).ConfigureAwait(false);
            if (outcome.Status == SessionUpdateStatus.Applied)
            {
                return true;
            }

            // Another caller was first. Where it replaced the secret at once, there is no record any more.
            record = _record;
            Settings.Telemetry.Metrics.Conflict();
        }

        return false;
    }

    // A level is never lowered: proving the password once more leaves a second factor's level, and makes the session fresh.
    private SessionRaise Raise(SessionRecord record, int level, SessionTerms terms, SessionSignInOptions? options)
    {
        bool signsIn = record.State == SessionState.Pending;
        level = Math.Max(level, record.AssuranceLevel);
        var now = Settings.Clock.GetUtcNow();
        return signsIn ? new SessionRaise(level, now, signsIn, terms.Lifetimes, terms.IsPersistent)
            : options is null ? new SessionRaise(level, now)
            : new SessionRaise(level, now, lifetimes: SessionTerms.Changed(record.Lifetimes, options), isPersistent: options.IsPersistent);
    }

    /// <summary>Makes a new secret pending, or current at once, and sends its cookie if it was this caller's.</summary>
    private async ValueTask<SessionUpdate> ProposeAsync(SessionRecord record, bool immediately, SessionRaise? raise, CancellationToken cancellationToken)
    {
        var (id, hash) = SessionRecordFactory.Renew(Judged());
        var now = Settings.Clock.GetUtcNow();
        var renewal = immediately ? SessionRenewal.Replace(hash, now, record) : SessionRenewal.Propose(hash, now, record);
        SessionUpdate outcome;
        try
        {
            // Whoever shows a factor is there: a shorter idle timeout counts from now, not from a "last seen" that is throttled.
            var touch = raise is not null && _arrived ? new SessionTouch(now, Client()) : null;
            outcome = await WriteAsync(record, new SessionChange { Touch = touch, Renewal = renewal, Raise = raise, Generation = _generation }, cancellationToken).ConfigureAwait(false);
        }
        catch (SessionStoreException fault) when (immediately && fault.OutcomeUnknown)
        {
            // If it happened, the old secret is dead and the new one known to nobody but this request: it is found out, or the user would be locked out.
            if (Live(await Calls.GetAsync(record.Key, endsWithRequest: false, CancellationToken.None).ConfigureAwait(false), record.Key, Settings.Clock.GetUtcNow()) is not { } after || after.CurrentHash != hash)
            {
                throw;
            }

            _generation = after.Generation;
            outcome = SessionUpdate.Applied(Remember(after)!);
        }

        if (outcome is { Status: SessionUpdateStatus.Applied, Record: { } renewed })
        {
            if (immediately)
            {
                _judged = id;
                await SendOrEndAsync(id, renewed).ConfigureAwait(false);
            }
            else
            {
                Send(id, renewed);
            }

            _issued = id;
            Settings.Telemetry.Renewed(renewed.Key, renewal.Kind);
        }

        return outcome;
    }

    /// <summary>Creates a session under a new id and sends its cookie.</summary>
    private async ValueTask BeginAsync(string? userId, SessionFields fields, SessionTerms terms, (int Epoch, bool BySigningIn)? precursor, CancellationToken cancellationToken)
    {
        for (int i = 0; i < MostIds; i++)
        {
            var (id, record) = SessionRecordFactory.Make(Store, Settings.Clock, userId, fields, terms, userId is null ? null : Client(), userId is null ? Interlocked.Exchange(ref _made, null) : null);
            var created = await Calls.CreateAsync(record, userId is null ? null : Settings.Cap, cancellationToken).ConfigureAwait(false);
            switch (created.Status)
            {
                case SessionCreationStatus.Exists:
                    continue;
                case SessionCreationStatus.CapReached:
                    // The session that was presented has ended, so its cookie has nothing left to name.
                    DeleteCookieOfEnded();
                    throw new SessionCapReachedException();
                case SessionCreationStatus.Created:
                    BecomeVerified(id, record, arrived: false);
                    (_precursor, _epoch) = (precursor, _epoch + 1);
                    Remember(record);
                    await SendOrEndAsync(id, record).ConfigureAwait(false);
                    _issued = id;
                    Tell(record, created);
                    return;
                default:
                    throw new SessionStoreException("The store's CreateAsync gave no answer (default). Return SessionCreation.Created, Exists or CapReached.", null, outcomeUnknown: true);
            }
        }

        throw new SessionStoreException($"The store's CreateSessionId made {MostIds} ids in a row that exist already. Look at the machine's random source.");
    }

    private void Tell(SessionRecord record, SessionCreation created)
    {
        Settings.Telemetry.Began(record.Key, record.State);
        for (int i = 0; i < created.Ended.Count; i++)
        {
            Settings.Telemetry.Ended(created.Ended[i], EndedReason.Cap);
        }
    }

    private void DeleteCookieOfEnded()
    {
        if (_standing == Standing.Ended && !_response.HasStarted)
        {
            Settings.Cookie.Delete(_response);
        }
    }

    /// <summary>Sends the one secret that a session has. If it cannot reach its client any more, the session is ended and the caller told.</summary>
    private async ValueTask SendOrEndAsync(string id, SessionRecord record)
    {
        try
        {
            Send(id, record);
        }
        catch (InvalidOperationException)
        {
            BecomeEnded();
            await Calls.DeleteAsync(record, CancellationToken.None).ConfigureAwait(false);
            Settings.Telemetry.EndedUnsent(record.Key);
            throw;
        }
    }

    /// <summary>Ends this request's session in whatever state, and deletes the cookie even if that fails.</summary>
    private async ValueTask<bool> SignOutAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await EndOwnAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            DropCookie();
        }
    }

    private async ValueTask<bool> EndOwnAsync(CancellationToken cancellationToken)
    {
        bool ended = false;
        if ((_unended ?? await LoadAsync(reload: false, cancellationToken, patiently: true).ConfigureAwait(false)) is { } record)
        {
            ended = await EndAsync(record, EndedReason.SignedOut, cancellationToken).ConfigureAwait(false);
        }

        BecomeEnded();
        return ended;
    }

    /// <summary>Ends a session that was this request's. From here on the request has none, even if the store fails: then another try ends it.</summary>
    private async ValueTask<bool> EndAsync(SessionRecord record, string reason, CancellationToken cancellationToken)
    {
        _unended = record;
        BecomeEnded();
        bool ended = await Calls.DeleteAsync(record, cancellationToken).ConfigureAwait(false);
        _unended = null;
        if (ended)
        {
            Settings.Telemetry.Ended(record.Key, reason);
        }

        return ended;
    }

    private async ValueTask EndReplayedAsync(SessionRecord record, CancellationToken cancellationToken)
    {
        try
        {
            // Of two that are replayed at once, one ends the session; the other is a stale id like any.
            if (await Calls.DeleteAsync(record, cancellationToken).ConfigureAwait(false))
            {
                Settings.Telemetry.Replayed(record.Key);
            }
            else
            {
                Settings.Telemetry.Refused(RefusedReason.Stale, record.Key);
            }
        }
        catch (SessionStoreException fault)
        {
            Settings.Telemetry.Replayed(record.Key, fault);
        }
    }

    private void DropCookie()
    {
        if (_response.HasEnded || _response.HasStarted)
        {
            SessionLog.CookieNotDeleted(Settings.Telemetry.Log, _verified?.Key ?? default);
            return;
        }

        Settings.Cookie.Delete(_response);
        if (Settings.ClearSiteDataOnSignOut)
        {
            _response.ClearCache();
        }
    }

    private void Send(string id, SessionRecord record) =>
        Settings.Cookie.Write(_response, id, record.IsPersistent ? record.AbsoluteDeadline - Settings.Clock.GetUtcNow() : null);
}
