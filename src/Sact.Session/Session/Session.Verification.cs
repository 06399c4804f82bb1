using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

public partial class Session<TStore>
{
    // A response that never starts does not mean a short request: a hub on long polling has such a one for hours, and must see a revocation.
    private static readonly TimeSpan RememberedFor = TimeSpan.FromSeconds(30);

    // What holds the secret is hidden from the debugger, whose views end up in screenshots and dumps of variables.
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private SessionIdBytes _presented;

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private string? _made;

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private string? _issued;

    // The id the request is judged by, where it is not the presented one: that issued by signing in or replacing at once. A renewal does not change it.
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private string? _judged;

    private volatile bool _cookieRead;
    private bool _isPresented;
    private Standing _standing;

    // The record as it was verified or begun: whose session it is.
    private SessionRecord? _verified;
    private int _generation;
    private bool _arrived;

    // The session lives on under a newer id, which the client has or is about to receive.
    private bool _outpaced;

    // Counts the sessions that this request has begun and ended, and tells which of them went over into the present one.
    private int _epoch;
    private (int Epoch, bool BySigningIn)? _precursor;

    private bool _remembered;
    private long _rememberedAt;
    private SessionRecord? _record;
    private SessionData? _data;

    /// <summary>How the request stands to a session.</summary>
    private enum Standing : byte
    {
        /// <summary>No id has been verified yet.</summary>
        Unverified = 0,

        /// <summary>An id was verified, or issued, in this request: it stays so for the request.</summary>
        Verified,

        /// <summary>This request has ended its session.</summary>
        Ended,
    }

    private bool IsPresented()
    {
        if (!_cookieRead)
        {
            lock (_response.Context)
            {
                _isPresented = _settings.Cookie.TryRead(Request, _presented);
            }

            _cookieRead = true;
        }

        return _isPresented;
    }

    private string Judged() => _judged ?? SessionIdFormat.Encode(_presented);

    /// <summary>
    /// The live record of the verified session; null if there is none. Remembered until the response has started. Read patiently, in order to be ended above all, a session is not noted as seen, and the
    /// client's disconnect does not stop it.
    /// </summary>
    private ValueTask<SessionRecord?> LoadAsync(bool reload, CancellationToken cancellationToken, bool patiently = false)
    {
        if (_remembered && !reload && !_response.HasStarted)
        {
            var now = _settings.Clock.GetUtcNow();
            if (now.UtcTicks - _rememberedAt < RememberedFor.Ticks && (_record is null || _record.IsLive(now)))
            {
                return new(_record);
            }
        }

        // Nothing to read by, now and in whatever comes of this request: no clock, no state machine.
        return _standing == Standing.Unverified && !IsPresented() ? default : ReadAsync(patiently, cancellationToken);
    }

    private async ValueTask<SessionRecord?> ReadAsync(bool patiently, CancellationToken cancellationToken)
    {
        _outpaced = false;
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
        var key = Store is GenericStore generic ? generic.KeyOf(_presented) : Store.GetSessionKey(SessionIdFormat.Encode(_presented));
        if (Live(await Calls.GetAsync(key, !patiently, cancellationToken).ConfigureAwait(false), key) is not { } record)
        {
            return null;
        }

        var now = _settings.Clock.GetUtcNow();
        var verdict = SessionMint.Judge(_presented, record, _settings, now);
        switch (verdict)
        {
            case SecretVerdict.Foreign:
                _settings.Telemetry.Foreign(key);
                return null;
            case SecretVerdict.Refused:
                _outpaced = true;
                _settings.Telemetry.Stale(key);
                return null;
            case SecretVerdict.Replayed:
                await EndReplayedAsync(record, cancellationToken).ConfigureAwait(false);
                return null;
        }

        BecomeVerified(null, record, arrived: true);
        return patiently || !IsToBeNoted(record, verdict == SecretVerdict.Pending, now)
            ? record
            : await NoteSeenAsync(record, verdict == SecretVerdict.Pending, now, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<SessionRecord?> ReadVerifiedAsync(bool patiently, CancellationToken cancellationToken)
    {
        var key = _verified!.Key;
        if (Live(await Calls.GetAsync(key, !patiently, cancellationToken).ConfigureAwait(false), key) is not { } record || !IsStillMine(record))
        {
            return null;
        }

        // Only what came back in a cookie has been presented.
        var now = _settings.Clock.GetUtcNow();
        return _arrived && !patiently && IsToBeNoted(record, promote: false, now) ? await NoteSeenAsync(record, promote: false, now, cancellationToken).ConfigureAwait(false) : record;
    }

    /// <summary>What a store answered, if it is the live record that was asked for.</summary>
    private SessionRecord? Live(SessionRecord? record, SessionKey key)
    {
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

    private bool IsToBeNoted(SessionRecord record, bool promote, DateTimeOffset now) => promote || _settings.IsTouchDue(record, now);

    /// <summary>
    /// Promotes the pending id that has arrived and notes that the session was seen, in one write and only if due. Never a condition for the request: if the write fails, the next
    /// presentation tries again.
    /// </summary>
    private async ValueTask<SessionRecord?> NoteSeenAsync(SessionRecord record, bool promote, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // Looked at only here, where there is something to write: a request that does not ask, or whose session was seen a moment ago, pays nothing for it.
        var touch = Touch(record, now);
        if (touch is null && !promote)
        {
            return record;
        }

        var change = new SessionChange
        {
            Touch = touch,
            Generation = _generation,
            Renewal = promote ? SessionRenewal.Promote(SessionIdFormat.HashOfId(_presented), now) : null,
        };
        SessionUpdate outcome;
        try
        {
            outcome = await Calls.UpdateAsync(record, change, cancellationToken).ConfigureAwait(false);
        }
        catch (SessionStoreException fault)
        {
            _settings.Telemetry.TouchFailed(record.Key, fault);
            return record;
        }

        if (outcome.Status == SessionUpdateStatus.Applied && promote)
        {
            _settings.Telemetry.Renewed(record.Key, SessionRenewalKind.Promote);
        }

        // A conflict means that another request promoted it or renewed again; the id was verified, and stays so unless it was replaced at once.
        return outcome.Record is { } after && IsStillMine(after) ? after : null;
    }

    /// <summary>
    /// The note that the session was seen; null from an endpoint that polls, which moves no clock. A first presentation is noted there too, because it is about the cookie having arrived, not about a user being there: the idle timeout goes on
    /// counting from the sign-in.
    /// </summary>
    private SessionTouch? Touch(SessionRecord record, DateTimeOffset now)
    {
        // A request that has ended meanwhile, and was not awaited, cannot be told from a poll any more.
        if (!_response.Look(static context => context.GetEndpoint()?.Metadata.GetMetadata<DisableSlidingExpirationAttribute>() is null))
        {
            return record.Presented ? null : new SessionTouch(record.LastSeenAt);
        }

        return new SessionTouch(now, record.State == SessionState.Anonymous ? null : Client());
    }

    private SessionClient? Client() => _settings.CaptureClient ? _response.Look(static context => ClientOfRequest.Read(context.Request)) : null;

    /// <summary>Whether a record is of the session verified in this request, and no id was replaced at once since.</summary>
    private bool IsStillMine(SessionRecord record)
    {
        if (!record.IsSameSession(_verified!))
        {
            _settings.Telemetry.Misplaced(_verified!.Key);
            return false;
        }

        if (record.Generation != _generation)
        {
            _outpaced = true;
            _settings.Telemetry.Stale(_verified!.Key);
            return false;
        }

        return true;
    }

    private async ValueTask<SessionUpdate> WriteAsync(SessionRecord record, SessionChange change, CancellationToken cancellationToken)
    {
        var outcome = await Calls.UpdateAsync(record, change, cancellationToken).ConfigureAwait(false);
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

    private void BecomeVerified(string? id, SessionRecord record, bool arrived)
    {
        _judged = id;
        _standing = Standing.Verified;
        _verified = record;
        _generation = record.Generation;
        _arrived = arrived;
        _outpaced = false;
    }

    private void BecomeEnded()
    {
        _epoch++;
        _precursor = null;
        _standing = Standing.Ended;
        _issued = null;
        _outpaced = false;
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
        _rememberedAt = _settings.Clock.GetUtcNow().UtcTicks;
        return record;
    }

    private void Forget()
    {
        Remember(null);
        _remembered = false;
    }
}
