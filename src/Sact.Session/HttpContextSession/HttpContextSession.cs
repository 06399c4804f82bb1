using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// <c>HttpContext.Session</c> over the session of the request: a view of its <c>$http.</c> fields, and the changes that are not stored yet.
/// It follows the session of the request: it forgets what it read from a session that has ended. Changes move to another session only where
/// <see cref="SessionStateMachine.Predecessor"/> and the option allow it.
/// </summary>
internal sealed class HttpContextSession(
    RequestSession session, HttpContext context, bool keepAtSignIn, BlockingReaders? readers = null) : ISession
{
    private readonly Lock _lock = new();
    private readonly HttpContextSessionValues _values = new();

    // The session that the values belong to, by its number in the request.
    private int _number;
    private SessionKey? _key;
    private bool _isLoaded;
    private bool _isLost;
    private bool _isRead;

    // Whether a value was set while there was no session. As in the framework a session then begins, even if the value was removed.
    private bool _begins;
    private SessionStoreException? _fault;

    /// <summary>Whether a synchronous member was called, which waits for the store unless the session was read before.</summary>
    public bool IsRead => Volatile.Read(ref _isRead);

    /// <summary>
    /// False if the store could not be read, or the session ended during the request. Any other fault of the read is thrown.
    /// </summary>
    public bool IsAvailable
    {
        get
        {
            try
            {
                Load();
                return !_isLost;
            }
            catch (SessionStoreException)
            {
                return false;
            }
        }
    }

    /// <summary>The key part of the session, which is no secret; before there is a session, of the one that a commit will begin.</summary>
    public string Id
    {
        get
        {
            Load();
            return (_key ?? session.NextKey).KeyPart;
        }
    }

    public IEnumerable<string> Keys
    {
        get
        {
            Load();
            lock (_lock)
            {
                return _values.Keys;
            }
        }
    }

    public bool TryGetValue(string key, [NotNullWhen(true)] out byte[]? value)
    {
        ArgumentNullException.ThrowIfNull(key);
        Load();
        lock (_lock)
        {
            return _values.TryGet(key, out value);
        }
    }

    public void Set(string key, byte[] value)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        HttpContextSessionField.ThrowIfBadKey(key, nameof(key));
        Load();
        if (_key is null && context.Response.HasStarted)
        {
            throw new InvalidOperationException(
                "The response has started, so no session can begin any more. Set a first value in HttpContext.Session before the first "
                + "byte of the body is written.");
        }

        lock (_lock)
        {
            _begins |= _key is null && !_isLost;
        }

        Change(key, value.ToArray());
    }

    public void Remove(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        Load();
        Change(key, null);
    }

    /// <summary>
    /// Removes the keys that this request knows: those it read and those it set. A key that another request sets meanwhile stays.
    /// </summary>
    public void Clear()
    {
        Load();
        lock (_lock)
        {
            _values.RemoveAll();
        }
    }

    /// <summary>Reads the session, so that no later member waits for the store.</summary>
    /// <exception cref="OperationCanceledException">
    /// The token, or <c>StoreTimeout</c>; then the inner exception is the <see cref="SessionStoreException"/>.
    /// </exception>
    /// <exception cref="SessionStoreException">The store could not be read.</exception>
    public async Task LoadAsync(CancellationToken cancellationToken = default)
    {
        if (IsLoaded())
        {
            await session.NoteSeenAsync().ConfigureAwait(false);
            return;
        }

        try
        {
            await ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (SessionStoreException fault) when (fault.InnerException is TimeoutException)
        {
            throw new OperationCanceledException("Timed out loading the session.", fault);
        }
    }

    /// <summary>
    /// Reads the session for members that may follow. Whether one does decides at the end of the request whether the session was used.
    /// </summary>
    public ValueTask LoadEarlyAsync() => ReadAsync(CancellationToken.None, defersSeen: true);

    /// <summary>Stores the changes at once. The middleware stores them at the end of the request for those who do not call this.</summary>
    /// <exception cref="OperationCanceledException">
    /// The token, or <c>StoreTimeout</c>; then the inner exception is the <see cref="SessionStoreException"/>.
    /// </exception>
    /// <exception cref="SessionStoreException">The store could not be written.</exception>
    /// <exception cref="InvalidOperationException">
    /// A session would have to begin after the response has started, or the data is larger than <c>MaxRecordBytes</c>.
    /// </exception>
    public async Task CommitAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            await StoreAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (SessionStoreException fault) when (fault.InnerException is TimeoutException)
        {
            throw new OperationCanceledException("Timed out committing the session.", fault);
        }
    }

    /// <summary>
    /// Stores the changes; writes nothing if there are none. A store that is too slow is a <see cref="SessionStoreException"/> here.
    /// </summary>
    public async ValueTask StoreAsync(CancellationToken cancellationToken)
    {
        if (IsRead)
        {
            // A synchronous member has used what was read early, and could not write without blocking a thread.
            await session.NoteSeenAsync().ConfigureAwait(false);
        }

        while (HasChanges())
        {
            if (!IsLoaded())
            {
                await ReadAsync(cancellationToken).ConfigureAwait(false);
            }

            try
            {
                await StoreOnceAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (ArgumentException tooLarge)
            {
                throw new InvalidOperationException(
                    "HttpContext.Session holds too much: with the other data of the session it would be larger than MaxRecordBytes, so "
                    + "nothing of it was stored. Keep large data elsewhere and its id here, or raise SactSessionOptions.MaxRecordBytes.",
                    tooLarge);
            }
        }
    }

    /// <summary>Drops the changes: the client has received an error for them.</summary>
    public void Abandon()
    {
        lock (_lock)
        {
            _values.DropChanges();
            _begins = false;
        }
    }

    private async ValueTask StoreOnceAsync(CancellationToken cancellationToken)
    {
        int number;
        SessionKey? key;
        KeyValuePair<string, byte[]?>[] changes;
        bool begins;
        lock (_lock)
        {
            (number, key, changes, begins) = (_number, _key, _values.Changes, _begins);
        }

        var set = SessionFields.Create(changes
            .Where(static change => change.Value is not null)
            .Select(static change => HttpContextSessionField.Write(change.Key, change.Value)));
        if (key is null)
        {
            // False if the request has a session by now: the loop then reads it.
            if ((set.Count == 0 && !begins)
                || await session.Start.StartAnonymousAsync(
                    set, session.Settings.AnonymousTerms, number, cancellationToken).ConfigureAwait(false))
            {
                MarkStored(changes, session.Number);
            }
            else if (session.State.IsSuperseded)
            {
                Lose(session.Store.GetSessionKey(session.GetSessionId()));
            }
            else
            {
                lock (_lock)
                {
                    Forget();
                }
            }

            return;
        }

        string[] remove = [.. changes.Where(static change => change.Value is null).Select(
            static change => HttpContextSessionField.NameOf(change.Key))];
        if (await session.Fields.ChangeAnyAsync(set, remove, number, cancellationToken).ConfigureAwait(false)
            == SessionUpdateStatus.Applied)
        {
            MarkStored(changes, number);
        }
        else if (session.Number == number)
        {
            Lose(key.Value);
        }
    }

    private void Change(string key, byte[]? value)
    {
        lock (_lock)
        {
            if (!_isLost)
            {
                _values.Set(key, value);
            }
        }
    }

    private bool HasChanges()
    {
        lock (_lock)
        {
            Follow();
            return _values.HasChanges || _begins;
        }
    }

    private bool IsLoaded()
    {
        lock (_lock)
        {
            Follow();
            return _isLoaded;
        }
    }

    /// <summary>Reads synchronously, because the interface has synchronous members. <see cref="LoadAsync"/> avoids it.</summary>
    private void Load()
    {
        Volatile.Write(ref _isRead, true);
        if (IsLoaded())
        {
            return;
        }

        if (_fault is { } fault)
        {
            ExceptionDispatchInfo.Throw(fault);
        }

        // An application's own store may continue on the caller's context, and a thread waits there for it.
        bool isFree = SynchronizationContext.Current is null && TaskScheduler.Current == TaskScheduler.Default;
        var read = isFree ? ReadAsync(CancellationToken.None).AsTask() : Task.Run(() => ReadAsync(CancellationToken.None).AsTask());
        if (!read.IsCompleted)
        {
            readers?.Add(context);
        }

        read.GetAwaiter().GetResult();
    }

    private async ValueTask ReadAsync(CancellationToken cancellationToken, bool defersSeen = false)
    {
        while (true)
        {
            int number = session.Number;
            SessionRecord? record;
            try
            {
                record = await session.ReadAsync(reload: false, cancellationToken, defersSeen).ConfigureAwait(false);
            }
            catch (SessionStoreException fault)
            {
                _fault = fault;
                throw;
            }

            lock (_lock)
            {
                Follow();
                if (_isLoaded)
                {
                    return;
                }

                // The request has another session by now: it is read as well.
                if (number != _number)
                {
                    continue;
                }

                _fault = null;
                _key = record?.Key;
                _values.Load(record is null ? null : HttpContextSessionValues.Decode(record, session.KeyOf(record), session.Telemetry.Log));
                _isLoaded = true;
                return;
            }
        }
    }

    private void MarkStored(KeyValuePair<string, byte[]?>[] changes, int number)
    {
        lock (_lock)
        {
            _values.MarkStored(changes);
            _begins = false;
            if (number != _number)
            {
                // A session has begun. Its key is read with its record, which the request remembers.
                _number = number;
                Forget();
            }
        }
    }

    /// <summary>
    /// The session was live when it was read and has ended since, or lives on under a newer id. Its data ends with it: to begin another
    /// session for the data would bring back what was signed out.
    /// </summary>
    private void Lose(SessionKey key)
    {
        lock (_lock)
        {
            _values.DropChanges();
            _values.Load(null);
            _isLost = true;
            _begins = false;
        }

        HttpContextSessionLog.BridgeSessionGone(session.Telemetry.Log, key);
    }

    /// <summary>
    /// If the request has another session by now, forgets what was read, and keeps the changes only where they may move. The caller holds
    /// the lock.
    /// </summary>
    private void Follow()
    {
        int number = session.Number;
        if (number == _number)
        {
            return;
        }

        bool mayMove = session.State.Predecessor is { } before && before.Number == _number && (keepAtSignIn || !before.BySigningIn);
        if (_values.HasChanges && !mayMove)
        {
            _values.DropChanges();
            HttpContextSessionLog.BridgeDropped(session.Telemetry.Log);
        }

        _number = number;
        Forget();
    }

    /// <summary>Forgets what was read; the changes stay. The caller holds the lock.</summary>
    private void Forget()
    {
        _values.Load(null);
        (_key, _isLoaded, _isLost, _begins, _fault) = (null, false, false, false, null);
    }
}
