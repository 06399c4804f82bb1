using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// <c>HttpContext.Session</c> over the session of the request: a view of its <c>$http.</c> fields, and the changes that are not stored yet.
/// </summary>
internal sealed class HttpContextSession(
    RequestSession session, HttpContext context, bool keepAtSignIn, BlockingReaders? readers = null) : ISession
{
    private readonly HttpContextSessionState _state = new(session, keepAtSignIn);
    private bool _isRead;

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
                return !_state.IsLost;
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
            return (_state.Key ?? session.NextKey).KeyPart;
        }
    }

    public IEnumerable<string> Keys
    {
        get
        {
            Load();
            return _state.Keys;
        }
    }

    public bool TryGetValue(string key, [NotNullWhen(true)] out byte[]? value)
    {
        ArgumentNullException.ThrowIfNull(key);
        Load();
        return _state.TryGetValue(key, out value);
    }

    public void Set(string key, byte[] value)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        HttpContextSessionField.ThrowIfBadKey(key, nameof(key));
        Load();
        if (_state.Key is null && context.Response.HasStarted)
        {
            throw new InvalidOperationException(
                "The response has started, so no session can begin any more. Set a first value in HttpContext.Session before the first "
                + "byte of the body is written.");
        }

        _state.Set(key, value.ToArray());
    }

    public void Remove(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        Load();
        _state.Remove(key);
    }

    /// <summary>
    /// Removes the keys that this request knows: those it read and those it set. A key that another request sets meanwhile stays.
    /// </summary>
    public void Clear()
    {
        Load();
        _state.RemoveAll();
    }

    /// <summary>Reads the session, so that no later member waits for the store.</summary>
    /// <exception cref="OperationCanceledException">
    /// The token, or <c>StoreTimeout</c>; then the inner exception is the <see cref="SessionStoreException"/>.
    /// </exception>
    /// <exception cref="SessionStoreException">The store could not be read.</exception>
    public async Task LoadAsync(CancellationToken cancellationToken = default)
    {
        if (_state.IsLoaded)
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

        while (_state.HasChanges)
        {
            if (!_state.IsLoaded)
            {
                await ReadAsync(cancellationToken).ConfigureAwait(false);
            }

            try
            {
                await new HttpContextSessionWriter(session, _state).StoreOnceAsync(cancellationToken).ConfigureAwait(false);
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
    public void Abandon() => _state.DropChanges();

    /// <summary>Reads synchronously, because the interface has synchronous members. <see cref="LoadAsync"/> avoids it.</summary>
    private void Load()
    {
        Volatile.Write(ref _isRead, true);
        if (_state.IsLoaded)
        {
            return;
        }

        if (_state.Fault is { } fault)
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
        int number;
        SessionRecord? record;
        do
        {
            number = session.Number;
            try
            {
                record = await session.ReadAsync(reload: false, cancellationToken, defersSeen).ConfigureAwait(false);
            }
            catch (SessionStoreException fault)
            {
                _state.OnFault(fault);
                throw;
            }
        }
        while (!_state.TryLoad(number, record));
    }
}
