using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// <c>HttpContext.Session</c> over the session of the request: a view of its <c>$http.</c> fields, and the changes that are not stored yet. It follows the request's session: what was seen of one that has
/// ended is forgotten, and what was set goes to another only where <see cref="SessionStateMachine.Predecessor"/> and the option allow it.
/// </summary>
internal sealed partial class HttpContextSession(RequestSession session, HttpContext context, bool keepAtSignIn) : ISession
{
    private static readonly Dictionary<string, byte[]> s_nothing = new(StringComparer.Ordinal);

    private readonly Lock _lock = new();

    // What was set since the last commit, in the epoch below; null for what was removed.
    private readonly Dictionary<string, byte[]?> _changes = new(StringComparer.Ordinal);
    private int _epoch;

    // What the store held when it was read.
    private Dictionary<string, byte[]> _stored = s_nothing;
    private SessionKey? _key;
    private bool _loaded;
    private bool _lost;
    private SessionStoreException? _fault;

    /// <summary>False if the store could not be read, or the session ended while the request was at work. Everything else throws what reading threw.</summary>
    public bool IsAvailable
    {
        get
        {
            try
            {
                Load();
                return !_lost;
            }
            catch (SessionStoreException)
            {
                return false;
            }
        }
    }

    /// <summary>The key part of the session, which is no secret; before there is one, of the session that a commit will begin.</summary>
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
                return [.. _stored.Keys.Where(key => !_changes.ContainsKey(key)), .. _changes.Where(change => change.Value is not null).Select(change => change.Key)];
            }
        }
    }

    public bool TryGetValue(string key, [NotNullWhen(true)] out byte[]? value)
    {
        ArgumentNullException.ThrowIfNull(key);
        Load();
        lock (_lock)
        {
            // A copy: writing to what was read changes nothing.
            value = (_changes.TryGetValue(key, out byte[]? changed) ? changed : _stored.GetValueOrDefault(key))?.ToArray();
            return value is not null;
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
            throw new InvalidOperationException("The response has started, so no session can begin any more. Set a first value in HttpContext.Session before the first byte of the body is written.");
        }

        Change(key, value.ToArray());
    }

    public void Remove(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        Load();
        Change(key, null);
    }

    /// <summary>Removes the keys that this request knows: those that were there when it read, and those that it has set. One that another request sets meanwhile stays.</summary>
    public void Clear()
    {
        Load();
        lock (_lock)
        {
            _changes.Clear();
            foreach (string key in _stored.Keys)
            {
                _changes.Add(key, null);
            }
        }
    }

    /// <summary>Reads the session ahead, so that nothing after it waits for the store.</summary>
    /// <exception cref="OperationCanceledException">The caller's token, or <c>StoreTimeout</c>; then the <see cref="SessionStoreException"/> is inside.</exception>
    /// <exception cref="SessionStoreException">The store could not be read.</exception>
    public async Task LoadAsync(CancellationToken cancellationToken = default)
    {
        if (IsLoaded())
        {
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

    /// <summary>Stores what was changed. After it the changes are in the store; the way out does it for those who do not call this.</summary>
    /// <exception cref="OperationCanceledException">The caller's token, or <c>StoreTimeout</c>; then the <see cref="SessionStoreException"/> is inside.</exception>
    /// <exception cref="SessionStoreException">The store could not be written.</exception>
    /// <exception cref="InvalidOperationException">A session would have to begin and the response has started, or the data is more than <c>MaxRecordBytes</c>.</exception>
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

    /// <summary>Stores what was changed, and nothing if nothing was. A store that is too slow is a <see cref="SessionStoreException"/> here.</summary>
    public async ValueTask StoreAsync(CancellationToken cancellationToken)
    {
        while (HasChanges())
        {
            await ReadIfNeededAsync(cancellationToken).ConfigureAwait(false);
            int epoch;
            SessionKey? key;
            KeyValuePair<string, byte[]?>[] changes;
            lock (_lock)
            {
                (epoch, key, changes) = (_epoch, _key, [.. _changes]);
            }

            var set = SessionFields.Create(changes.Where(static change => change.Value is not null).Select(static change => HttpContextSessionField.Write(change.Key, change.Value)));
            try
            {
                if (key is null)
                {
                    // False if the request has a session by now: then it is looked at again.
                    if (set.Count == 0 || await session.Start.StartAnonymousAsync(set, session.Settings.AnonymousTerms, epoch, cancellationToken).ConfigureAwait(false))
                    {
                        Stored(changes, session.Number);
                    }
                    else if (session.State.IsSuperseded)
                    {
                        Lose(session.Store.GetSessionKey(session.GetSessionId()));
                    }
                    else
                    {
                        Forget();
                    }

                    continue;
                }

                string[] remove = [.. changes.Where(static change => change.Value is null).Select(static change => HttpContextSessionField.NameOf(change.Key))];
                if (await session.Fields.ChangeAnyAsync(set, remove, epoch, cancellationToken).ConfigureAwait(false) == SessionUpdateStatus.Applied)
                {
                    Stored(changes, epoch);
                }
                else if (session.Number == epoch)
                {
                    Lose(key.Value);
                }
            }
            catch (ArgumentException tooLarge)
            {
                throw new InvalidOperationException(
                    "HttpContext.Session holds too much: with the session's other data it would have more than MaxRecordBytes, so nothing of it was stored. Keep large data elsewhere and its id here, or raise SactSessionOptions.MaxRecordBytes.", tooLarge);
            }
        }
    }

    /// <summary>Nothing more is to be stored: the client has been told.</summary>
    public void Abandon()
    {
        lock (_lock)
        {
            _changes.Clear();
        }
    }

    private void Change(string key, byte[]? value)
    {
        lock (_lock)
        {
            // What stands there already needs no write, nor does the removal of what does not.
            bool known = _stored.TryGetValue(key, out byte[]? stored);
            if (value is null ? !known : known && stored.AsSpan().SequenceEqual(value))
            {
                _changes.Remove(key);
            }
            else if (!_lost)
            {
                _changes[key] = value;
            }
        }
    }

    private bool HasChanges()
    {
        lock (_lock)
        {
            Follow();
            return _changes.Count > 0;
        }
    }

    /// <summary>What was stored is no change any more, unless it was changed again meanwhile.</summary>
    private void Stored(KeyValuePair<string, byte[]?>[] changes, int epoch)
    {
        lock (_lock)
        {
            var stored = new Dictionary<string, byte[]>(_stored, StringComparer.Ordinal);
            foreach (var (key, value) in changes)
            {
                if (value is null)
                {
                    stored.Remove(key);
                }
                else
                {
                    stored[key] = value;
                }

                if (_changes.TryGetValue(key, out byte[]? now) && ReferenceEquals(now, value))
                {
                    _changes.Remove(key);
                }
            }

            if (epoch == _epoch)
            {
                _stored = stored;
            }
            else
            {
                // A session has begun by this. Its key is read with the rest; the request remembers the record.
                _epoch = epoch;
                ForgetUnderLock();
            }
        }
    }

    /// <summary>The session was live when it was read and is not any more, or lives on under a newer id. Its data ends with it: another session for it would bring back what was signed out.</summary>
    private void Lose(SessionKey key)
    {
        lock (_lock)
        {
            _changes.Clear();
            _stored = s_nothing;
            _lost = true;
        }

        HttpContextSessionLog.BridgeSessionGone(session.Telemetry.Log, key);
    }
}
