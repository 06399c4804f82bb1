using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// The session of one request, behind the façade <see cref="Session{TStore}"/>: it serialises the callers, reads the record and remembers
/// it. What changes a session is in types of its own, which receive this one.
/// </summary>
/// <remarks>The library's features use it directly. An application may decorate the façade, so no feature casts one.</remarks>
internal sealed class RequestSession(RequestFeature request, SessionBackend backend) : ISessionDataSource
{
    // A response that never starts does not mean a short request: a hub on long polling has one for hours, and must see a revocation.
    private static readonly TimeSpan s_rememberedFor = TimeSpan.FromSeconds(30);

    private AsyncLock _lock;
    private SessionStateMachine _state;

    // The time in ticks at which the record was remembered; zero if none is.
    private long _rememberedAt;
    private SessionRecord? _record;
    private SessionData? _data;
    private RareRequestState? _rare;

    public RequestFeature Request { get; } = request;

    public SessionBackend Backend => backend;

    public IGenericStore Store => backend.Store;

    public SessionServices Services => backend.Services;

    public SessionSettings Settings => Services.Settings;

    public SessionTelemetry Telemetry => Services.Telemetry;

    public DateTimeOffset Now => Services.Now;

    public ref SessionStateMachine State => ref _state;

    public StoreClient Calls => new(Store, Services, Request.Context);

    public SessionStart Start => new(this);

    public SessionEnd End => new(this);

    public SessionRenewer Renewer => new(this);

    public SessionFieldWriter Fields => new(this);

    public SessionDevices Devices => new(this);

    public SessionCookies Cookies => new(this);

    public SessionDataKeys DataKeys => new(this);

    public RequestWatch Watch => new(this);

    /// <summary>Whether the store has answered for the session of the request.</summary>
    public bool IsRead => _rememberedAt != 0;

    public DataKey? KeptKey => _rare?.DataKey;

    private SessionLastSeen LastSeen => new(this);

    /// <summary>What few requests have; created when it is needed.</summary>
    public RareRequestState Rare => _rare ?? Interlocked.CompareExchange(ref _rare, new RareRequestState(), null) ?? _rare;

    /// <summary>What the application holds; null until it is needed.</summary>
    public ISactSession? Facade { get; set; }

    /// <summary>The record that was read or written last; null if there is no live one.</summary>
    public SessionRecord? Record => _record;

    /// <summary>A session whose end the store has failed to write. Another try ends it.</summary>
    public SessionRecord? Unended
    {
        get => _rare?.Unended;
        set => Rare.Unended = value;
    }

    /// <summary><see cref="SessionStateMachine.Number"/>, for a caller outside of the lock.</summary>
    /// <exception cref="InvalidOperationException">The request has ended.</exception>
    public int Number
    {
        get
        {
            Request.ThrowIfEnded();
            return State.Number;
        }
    }

    /// <summary>The key that an anonymous session that begins in this request will have. The client never chooses it.</summary>
    public SessionKey NextKey => Store.GetSessionKey(_state.Announce(Store));

    /// <summary>The id of this request: verified or issued, else presented, else a new one that is not issued.</summary>
    public string GetSessionId()
    {
        MarkUsed();
        return State.NewestId ?? (State.Phase == SessionPhase.Presented ? State.IdInUse : _state.Announce(Store));
    }

    /// <summary>Lets one caller in at a time. Without a state machine where the lock is free, as it nearly always is.</summary>
    public ValueTask<Scope> EnterAsync(CancellationToken cancellationToken)
    {
        Request.ThrowIfEnded();
        cancellationToken.ThrowIfCancellationRequested();
        return _lock.TryEnter() ? new(Begin()) : WaitAsync(cancellationToken);

        async ValueTask<Scope> WaitAsync(CancellationToken cancellationToken)
        {
            await _lock.EnterAsync(cancellationToken).ConfigureAwait(false);
            return Begin();
        }

        Scope Begin()
        {
            try
            {
                MarkUsed();
                return new Scope(this);
            }
            catch
            {
                _lock.Exit();
                throw;
            }
        }
    }

    /// <summary>The response depends on the session from now on; the cookie is read once.</summary>
    public void MarkUsed()
    {
        Request.ThrowIfEnded();
        lock (Request.Lock)
        {
            Request.MarkUsed();
            if (!_state.IsCookieRead)
            {
                Span<byte> id = stackalloc byte[SessionIdFormat.ByteLength];
                bool isPresent = Services.Cookies.TryRead(Request.Context.Request, id);
                _state.Present(isPresent ? id : []);
                if (!isPresent)
                {
                    Services.Cookies.DeleteLeftoversOfOtherPaths(Request);
                }
            }
        }
    }

    /// <summary>The live record of this request's session in any state, the library's own fields included; null if there is none.</summary>
    public async ValueTask<SessionRecord?> ReadAsync(bool reload, CancellationToken cancellationToken, bool defersSeen = false)
    {
        using var scope = await EnterAsync(cancellationToken).ConfigureAwait(false);
        return await LoadAsync(reload, cancellationToken, defersSeen: defersSeen).ConfigureAwait(false);
    }

    /// <summary>Notes the session as seen, if only reads that defer it have read the session so far.</summary>
    public ValueTask NoteSeenAsync()
    {
        return _state.Seen == SeenNote.Owed ? NoteAsync() : default;

        async ValueTask NoteAsync()
        {
            using var scope = await EnterAsync(CancellationToken.None).ConfigureAwait(false);
            if (_state.Seen == SeenNote.Owed)
            {
                await NoteOwedAsync(Now, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Somebody else has decided whether this request extends the session. It concerns no other session of the request.</summary>
    public async ValueTask DecideSeenAsync(bool extends)
    {
        using var scope = await EnterAsync(CancellationToken.None).ConfigureAwait(false);
        _state.Seen = extends ? SeenNote.Usual : SeenNote.Never;
    }

    /// <summary>What an application sees of the record.</summary>
    public async ValueTask<SessionData?> ReadDataAsync(bool reload, CancellationToken cancellationToken)
    {
        using var scope = await EnterAsync(cancellationToken).ConfigureAwait(false);
        var record = await LoadAsync(reload, cancellationToken).ConfigureAwait(false);
        return record is null ? null : _data ??= new SessionData(record, this, isCurrent: true);
    }

    /// <summary>The signed-in session; null if nobody is signed in.</summary>
    public async ValueTask<SessionData?> ReadSignedInAsync(CancellationToken cancellationToken = default) =>
        await ReadDataAsync(reload: false, cancellationToken).ConfigureAwait(false) is { State: SessionState.SignedIn } data ? data : null;

    /// <summary>
    /// Reads the live record of the session; null if there is none. It is remembered until the response starts. The caller is in a scope.
    /// </summary>
    /// <param name="reload">Whether to read again although the record is remembered.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <param name="forEnding">
    /// Whether the session is read in order to be ended or changed by the library: then "last seen" is not written, and the client's
    /// disconnect does not cancel the read.
    /// </param>
    /// <param name="defersSeen">
    /// Whether the next read that does not defer it writes "last seen", or <see cref="NoteSeenAsync()"/>. That a cookie has arrived for the
    /// first time, and that a renewed one has, is written at once.
    /// </param>
    public ValueTask<SessionRecord?> LoadAsync(
        bool reload, CancellationToken cancellationToken, bool forEnding = false, bool defersSeen = false)
    {
        if (_rememberedAt != 0 && !reload && !Request.HasStarted)
        {
            var present = Now;

            // Unsigned: a clock that was set back must not make the record last.
            if ((ulong)(present.UtcTicks - _rememberedAt) < (ulong)s_rememberedFor.Ticks && (_record is null || _record.IsLive(present)))
            {
                return _state.Seen == SeenNote.Owed && !forEnding && !defersSeen ? NoteOwedAsync(present, cancellationToken) : new(_record);
            }
        }

        switch (State.Phase)
        {
            case SessionPhase.Unread or SessionPhase.None:
                return default;
            case SessionPhase.Ended:
                return new(Remember(null, Now));
        }

        // Without an async state machine where the store answers at once and nothing is to be written, as in most requests.
        var key = State.IsLive ? State.Session!.Key
            : Store is GenericStore generic ? generic.KeyOf(State.Presented)
            : Store.GetSessionKey(State.IdInUse);
        var answer = Calls.FindAsync(key, !forEnding, cancellationToken);
        if (!answer.IsCompletedSuccessfully)
        {
            return WaitAsync(this, answer, key, forEnding, defersSeen, cancellationToken);
        }

        var now = Now;
        var found = Examine(answer.Result, key, now);
        return NeedsWrite(found, forEnding, now)
            ? WriteAndRememberAsync(found, defersSeen, now, cancellationToken)
            : new(RememberRead(found.Record, now));

        static async ValueTask<SessionRecord?> WaitAsync(
            RequestSession session,
            ValueTask<SessionLookup> answer,
            SessionKey key,
            bool forEnding,
            bool defersSeen,
            CancellationToken cancellationToken)
        {
            var stored = await answer.ConfigureAwait(false);
            var now = session.Now;
            var found = session.Examine(stored, key, now);
            return session.NeedsWrite(found, forEnding, now)
                ? await session.WriteAndRememberAsync(found, defersSeen, now, cancellationToken).ConfigureAwait(false)
                : session.RememberRead(found.Record, now);
        }
    }

    /// <summary>
    /// Reads again, whatever is remembered: who was signed out meanwhile must neither see nor end the user's other sessions.
    /// </summary>
    public async ValueTask<SessionRecord?> ReloadSignedInAsync(CancellationToken cancellationToken) =>
        await LoadAsync(reload: true, cancellationToken).ConfigureAwait(false) is { State: SessionState.SignedIn } record ? record : null;

    /// <summary>Writes a change to the session and remembers the answer. The caller is in a scope.</summary>
    public async ValueTask<SessionUpdate> UpdateAsync(SessionRecord record, SessionChange change, CancellationToken cancellationToken)
    {
        var outcome = await Calls.UpdateAsync(record, change, cancellationToken).ConfigureAwait(false);
        if (outcome.Status == SessionUpdateStatus.Gone)
        {
            Remember(null);
            _rememberedAt = 0;
        }
        else if (outcome.Record is { } after)
        {
            if (change.Renewal?.Kind == SessionRenewalKind.Replace && outcome.Status == SessionUpdateStatus.Applied)
            {
                State.Replace(after);
            }

            Remember(IfRecognised(after));
        }

        return outcome;
    }

    public SessionRecord? Remember(SessionRecord? record) => Remember(record, Now);

    /// <inheritdoc/>
    public DataKey? KeyOf(SessionRecord record) => DataKeys.Of(record);

    /// <summary>A store's answer, if it is the live record of the key.</summary>
    public SessionRecord? IfLive(SessionRecord? stored, SessionKey key)
    {
        if (SessionStateMachine.RefusalOf(stored, key, Now) is not { } refused)
        {
            return stored;
        }

        Telemetry.Refused(refused, key);
        return null;
    }

    /// <summary>The client of the request, if clients are captured.</summary>
    public SessionClient? Client() => Settings.CaptureClient ? Request.Read(static context => RequestClient.Read(context.Request)) : null;

    private Examination Examine(SessionLookup stored, SessionKey key, DateTimeOffset now)
    {
        var found = State.Examine(stored.Record, key, now, Settings);
        if (stored.Ended is { } ended && ended.Key == key)
        {
            State.NoteEnded(ended, now, Settings);
        }

        if (found.Refused is { } reason)
        {
            Telemetry.Refused(reason, key);
        }

        return found;
    }

    // Only an id that came back in a cookie is noted as seen.
    private bool NeedsWrite(Examination found, bool forEnding, DateTimeOffset now) =>
        found.Record is { } record
        && (found.Verdict == SecretVerdict.Replayed
            || (!forEnding
                && State.Phase == SessionPhase.Verified
                && (found.Verdict == SecretVerdict.Pending || Settings.IsTouchDue(record, now))));

    private async ValueTask<SessionRecord?> WriteAndRememberAsync(
        Examination found, bool defersSeen, DateTimeOffset now, CancellationToken cancellationToken)
    {
        SessionRecord? record = null;
        if (found.Verdict == SecretVerdict.Replayed)
        {
            await End.EndReplayedAsync(found.Record!, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            if (_state.Seen != SeenNote.Never)
            {
                _state.Seen = defersSeen ? SeenNote.Owed : SeenNote.Usual;
            }

            record = await LastSeen.NoteAsync(
                found.Record!, found.Verdict == SecretVerdict.Pending, now, cancellationToken).ConfigureAwait(false);
        }

        return RememberRead(record, Now);
    }

    /// <summary>Writes "last seen" if it is still due after the reads that deferred it.</summary>
    private async ValueTask<SessionRecord?> NoteOwedAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        _state.Seen = SeenNote.Usual;
        return State.Phase == SessionPhase.Verified && _record is { } record && Settings.IsTouchDue(record, now)
            ? RememberRead(await LastSeen.NoteAsync(record, promote: false, now, cancellationToken).ConfigureAwait(false), Now)
            : _record;
    }

    /// <summary>A newer record of the session, if the id of this request still counts in it.</summary>
    public SessionRecord? IfRecognised(SessionRecord record)
    {
        if (State.Recognise(record) is not { } refused)
        {
            return record;
        }

        Telemetry.Refused(refused, State.Session!.Key);
        return null;
    }

    private SessionRecord? RememberRead(SessionRecord? record, DateTimeOffset now)
    {
        if (record is not null)
        {
            Request.MarkUserRead();
        }

        return Remember(record, now);
    }

    private SessionRecord? Remember(SessionRecord? record, DateTimeOffset now)
    {
        if (!ReferenceEquals(record, _record))
        {
            _data = null;
        }

        _record = record;
        _rememberedAt = now.UtcTicks;
        return record;
    }

    /// <summary>The right to use the session's state, until it is disposed of.</summary>
    internal readonly struct Scope(RequestSession session) : IDisposable
    {
        public void Dispose() => session._lock.Exit();
    }
}
