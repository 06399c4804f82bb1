using System.Diagnostics;

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

    private bool _cookieRead;
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

    private string Judged() => _judged ?? SessionIdFormat.Encode(_presented);

    /// <summary>
    /// The live record of the verified session; null if there is none. Remembered until the response has started. Read patiently, in order to be ended above all, a session is not noted as seen, and the
    /// client's disconnect does not stop it.
    /// </summary>
    private ValueTask<SessionRecord?> LoadAsync(bool reload, CancellationToken cancellationToken, bool patiently = false)
    {
        if (_remembered && !reload && !_response.HasStarted)
        {
            var present = Settings.Clock.GetUtcNow();
            if (present.UtcTicks - _rememberedAt < RememberedFor.Ticks && (_record is null || _record.IsLive(present)))
            {
                return new(_record);
            }
        }

        // Nothing to read by, now and in whatever comes of this request: no clock.
        if (_standing == Standing.Unverified && !_isPresented)
        {
            return default;
        }

        _outpaced = false;
        if (_standing == Standing.Ended)
        {
            return new(Remember(null, Settings.Clock.GetUtcNow()));
        }

        // Without a state machine as far as the store answers at once and nothing is to be written, as it is in most requests.
        var key = _standing == Standing.Verified ? _verified!.Key : Store is GenericStore generic ? generic.KeyOf(_presented) : Store.GetSessionKey(SessionIdFormat.Encode(_presented));
        var answer = Calls.GetAsync(key, !patiently, cancellationToken);
        if (!answer.IsCompletedSuccessfully)
        {
            return WaitAsync(this, answer, key, patiently, cancellationToken);
        }

        var now = Settings.Clock.GetUtcNow();
        var verdict = Judge(answer.Result, key, now, out var record);
        return IsDone(verdict, record, patiently, now) ? new(Found(record, now)) : DoAsync(verdict, record!, now, cancellationToken);

        static async ValueTask<SessionRecord?> WaitAsync(Session<TStore> session, ValueTask<SessionRecord?> answer, SessionKey key, bool patiently, CancellationToken cancellationToken)
        {
            var stored = await answer.ConfigureAwait(false);
            var now = session.Settings.Clock.GetUtcNow();
            var verdict = session.Judge(stored, key, now, out var record);
            return session.IsDone(verdict, record, patiently, now) ? session.Found(record, now) : await session.DoAsync(verdict, record!, now, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What the record that a store answered with is worth to this request: the record if it is live and the request's own, or has to be ended.</summary>
    private SecretVerdict Judge(SessionRecord? stored, SessionKey key, DateTimeOffset now, out SessionRecord? record)
    {
        record = Live(stored, key, now);
        if (record is null)
        {
            return SecretVerdict.Foreign;
        }

        // An id was verified already: it stays so while it is the same session's, and was not replaced at once.
        if (_standing == Standing.Verified)
        {
            record = IsStillMine(record) ? record : null;
            return SecretVerdict.Current;
        }

        var verdict = SessionRecordFactory.Judge(_presented, record, Settings, now);
        switch (verdict)
        {
            case SecretVerdict.Foreign:
                Settings.Telemetry.Refused(RefusedReason.Foreign, key);
                record = null;
                break;
            case SecretVerdict.Refused:
                _outpaced = true;
                Settings.Telemetry.Refused(RefusedReason.Stale, key);
                record = null;
                break;
            case not SecretVerdict.Replayed:
                BecomeVerified(null, record, arrived: true);
                break;
        }

        return verdict;
    }

    /// <summary>Whether a verdict asks for no write. Only what came back in a cookie has been presented, so only that is noted.</summary>
    private bool IsDone(SecretVerdict verdict, SessionRecord? record, bool patiently, DateTimeOffset now) =>
        record is null || (verdict != SecretVerdict.Replayed && (patiently || !_arrived || (verdict != SecretVerdict.Pending && !Settings.IsTouchDue(record, now))));

    private async ValueTask<SessionRecord?> DoAsync(SecretVerdict verdict, SessionRecord record, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (verdict == SecretVerdict.Replayed)
        {
            await EndReplayedAsync(record, cancellationToken).ConfigureAwait(false);
            return Found(null, Settings.Clock.GetUtcNow());
        }

        return Found(await NoteSeenAsync(record, verdict == SecretVerdict.Pending, now, cancellationToken).ConfigureAwait(false), Settings.Clock.GetUtcNow());
    }

    private SessionRecord? Found(SessionRecord? record, DateTimeOffset now)
    {
        if (record is not null)
        {
            _response.ReadUser();
        }

        return Remember(record, now);
    }

    /// <summary>What a store answered, if it is the live record that was asked for.</summary>
    private SessionRecord? Live(SessionRecord? record, SessionKey key, DateTimeOffset now)
    {
        if (record is not null && record.Key != key)
        {
            Settings.Telemetry.Refused(RefusedReason.Misplaced, key);
            return null;
        }

        if (record is null || !record.IsLive(now))
        {
            Settings.Telemetry.Refused(RefusedReason.Unknown, key);
            return null;
        }

        return record;
    }

    /// <summary>Whether a record is of the session verified in this request, and no id was replaced at once since.</summary>
    private bool IsStillMine(SessionRecord record)
    {
        if (!record.IsSameSession(_verified!))
        {
            Settings.Telemetry.Refused(RefusedReason.Misplaced, _verified!.Key);
            return false;
        }

        if (record.Generation != _generation)
        {
            _outpaced = true;
            Settings.Telemetry.Refused(RefusedReason.Stale, _verified!.Key);
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

    private SessionRecord? Remember(SessionRecord? record) => Remember(record, Settings.Clock.GetUtcNow());

    private SessionRecord? Remember(SessionRecord? record, DateTimeOffset now)
    {
        if (!ReferenceEquals(record, _record))
        {
            _data = null;
        }

        _record = record;
        _remembered = true;
        _rememberedAt = now.UtcTicks;
        return record;
    }

    private void Forget()
    {
        Remember(null);
        _remembered = false;
    }
}
