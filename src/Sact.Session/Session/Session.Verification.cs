using System.Diagnostics;

namespace Sact.Session;

public partial class Session<TStore>
{
    // A response that never starts does not mean a short request: a hub on long polling has such a one for hours, and must see a revocation.
    private static readonly TimeSpan RememberedFor = TimeSpan.FromSeconds(30);

    // What holds the secret is hidden from the debugger, whose views end up in screenshots and dumps of variables.
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private string? _presented;

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private string? _made;

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private string? _issued;

    // The id the request is judged by: the one presented or, from then on, the one issued by signing in or replacing at once. A renewal does not change it.
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private string? _judged;

    private bool _cookieRead;
    private Standing _standing;
    private SessionKey _key;
    private SecretHash _lineage;
    private int _generation;
    private bool _arrived;

    // Counts the sessions that this request has begun and ended, and tells which of them went over into the present one.
    private int _epoch;
    private (int Epoch, bool BySigningIn)? _precursor;

    private bool _remembered;
    private DateTimeOffset _rememberedAt;
    private SessionRecord? _record;
    private SessionData? _data;

    /// <summary>How the request stands to a session.</summary>
    private enum Standing
    {
        /// <summary>No id has been verified yet.</summary>
        Unverified = 0,

        /// <summary>An id was verified, or issued, in this request: it stays so for the request.</summary>
        Verified,

        /// <summary>This request has ended its session.</summary>
        Ended,
    }

    private string? Presented()
    {
        if (!_cookieRead)
        {
            _presented = _settings.Cookie.Read(Request);
            _cookieRead = true;
        }

        return _presented;
    }

    /// <summary>
    /// The live record of the verified session; null if there is none. Remembered until the response has started. Read patiently, in order to be ended above all, a session is not noted as seen, and the
    /// client's disconnect does not stop it.
    /// </summary>
    private async ValueTask<SessionRecord?> LoadAsync(bool reload, CancellationToken cancellationToken, bool patiently = false)
    {
        var now = _settings.Clock.GetUtcNow();
        if (_remembered && !reload && !_response.HasStarted && now - _rememberedAt < RememberedFor && (_record is null || _record.IsLive(now)))
        {
            return _record;
        }

        var record = _standing switch
        {
            Standing.Ended => null,
            Standing.Verified => await ReadVerifiedAsync(patiently, cancellationToken).ConfigureAwait(false),
            _ => await VerifyAsync(patiently, cancellationToken).ConfigureAwait(false),
        };
        if (record is not null)
        {
            _response.ReadUser();
        }

        return Remember(record);
    }

    private async ValueTask<SessionRecord?> VerifyAsync(bool patiently, CancellationToken cancellationToken)
    {
        if (Presented() is not { } id)
        {
            return null;
        }

        var key = Store.GetSessionKey(id);
        if (await FetchAsync(key, !patiently, cancellationToken).ConfigureAwait(false) is not { } record)
        {
            return null;
        }

        var verdict = SessionMint.Judge(id, record, _settings);
        switch (verdict)
        {
            case SecretVerdict.Foreign:
                _settings.Telemetry.Foreign(key);
                return null;
            case SecretVerdict.Refused:
                _settings.Telemetry.Stale(key);
                return null;
            case SecretVerdict.Replayed:
                await EndReplayedAsync(record, cancellationToken).ConfigureAwait(false);
                return null;
        }

        BecomeVerified(id, record, arrived: true);
        return patiently ? record : await NoteSeenAsync(record, verdict == SecretVerdict.Pending ? id : null, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<SessionRecord?> ReadVerifiedAsync(bool patiently, CancellationToken cancellationToken)
    {
        if (await FetchAsync(_key, !patiently, cancellationToken).ConfigureAwait(false) is not { } record || !IsStillMine(record))
        {
            return null;
        }

        // Only what came back in a cookie has been presented.
        return _arrived && !patiently ? await NoteSeenAsync(record, null, cancellationToken).ConfigureAwait(false) : record;
    }

    private async ValueTask<SessionRecord?> FetchAsync(SessionKey key, bool endsWithRequest, CancellationToken cancellationToken)
    {
        var record = await _calls.GetAsync(key, endsWithRequest, cancellationToken).ConfigureAwait(false);
        if (record is not null && record.Key != key)
        {
            _settings.Telemetry.Misplaced(key);
            return null;
        }

        if (record is null || !record.IsLive(_settings.Clock.GetUtcNow()))
        {
            _settings.Telemetry.NotFound(key);
            return null;
        }

        return record;
    }

    /// <summary>
    /// Promotes the pending id that has arrived and notes that the session was seen, in one write and only if due. Never a condition for the request: if the write fails, the next
    /// presentation tries again.
    /// </summary>
    private async ValueTask<SessionRecord?> NoteSeenAsync(SessionRecord record, string? arrivedPending, CancellationToken cancellationToken)
    {
        var now = _settings.Clock.GetUtcNow();
        if (arrivedPending is null && !_settings.IsTouchDue(record, now))
        {
            return record;
        }

        var change = new SessionChange
        {
            Touch = new SessionTouch(now),
            Generation = _generation,
            Renewal = arrivedPending is null ? null : SessionRenewal.Promote(SessionMint.Hash(arrivedPending), now),
        };
        SessionUpdate outcome;
        try
        {
            outcome = await _calls.UpdateAsync(record, change, cancellationToken).ConfigureAwait(false);
        }
        catch (SessionStoreException fault)
        {
            _settings.Telemetry.TouchFailed(record.Key, fault);
            return record;
        }

        if (outcome.Status == SessionUpdateStatus.Applied && arrivedPending is not null)
        {
            _settings.Telemetry.Renewed(record.Key, SessionRenewalKind.Promote);
        }

        // A conflict means that another request promoted it or renewed again; the id was verified, and stays so unless it was replaced at once.
        return outcome.Record is { } after && IsStillMine(after) ? after : null;
    }

    private async ValueTask EndReplayedAsync(SessionRecord record, CancellationToken cancellationToken)
    {
        try
        {
            // Of two that are replayed at once, one ends the session; the other is a stale id like any.
            if (await _calls.DeleteAsync(record, cancellationToken).ConfigureAwait(false))
            {
                _settings.Telemetry.Replayed(record.Key);
            }
            else
            {
                _settings.Telemetry.Stale(record.Key);
            }
        }
        catch (SessionStoreException fault)
        {
            _settings.Telemetry.ReplayNotEnded(record.Key, fault);
        }
    }

    /// <summary>Whether a record is of the session verified in this request, and no id was replaced at once since.</summary>
    private bool IsStillMine(SessionRecord record)
    {
        if (record.Key != _key || record.LineageHash != _lineage)
        {
            _settings.Telemetry.Misplaced(_key);
            return false;
        }

        if (record.Generation != _generation)
        {
            _settings.Telemetry.Stale(_key);
            return false;
        }

        return true;
    }

    private async ValueTask<SessionUpdate> WriteAsync(SessionRecord record, SessionChange change, CancellationToken cancellationToken)
    {
        var outcome = await _calls.UpdateAsync(record, change, cancellationToken).ConfigureAwait(false);
        if (outcome.Status == SessionUpdateStatus.Gone)
        {
            Forget();
        }
        else if (outcome.Record is { } after)
        {
            if (change.Renewal?.Kind == SessionRenewalKind.Replace && outcome.Status == SessionUpdateStatus.Applied)
            {
                _generation = after.Generation;
            }

            Remember(IsStillMine(after) ? after : null);
        }

        return outcome;
    }

    private void BecomeVerified(string id, SessionRecord record, bool arrived)
    {
        _judged = id;
        _standing = Standing.Verified;
        _key = record.Key;
        _lineage = record.LineageHash;
        _generation = record.Generation;
        _arrived = arrived;
    }

    private void BecomeEnded()
    {
        _epoch++;
        _precursor = null;
        _standing = Standing.Ended;
        _issued = null;
        Remember(null);
    }

    private SessionRecord? Remember(SessionRecord? record)
    {
        if (!ReferenceEquals(record, _record))
        {
            _data = null;
        }

        _record = record;
        _remembered = true;
        _rememberedAt = _settings.Clock.GetUtcNow();
        return record;
    }

    private void Forget()
    {
        Remember(null);
        _remembered = false;
    }
}
