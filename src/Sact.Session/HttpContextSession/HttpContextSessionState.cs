using System.Diagnostics.CodeAnalysis;

namespace Sact.Session;

/// <summary>
/// What <c>HttpContext.Session</c> knows of the session of the request: the values, the changes that are not stored yet, and which session
/// they belong to. It forgets what it read from a session that has ended. Changes move to another session only where
/// <see cref="SessionStateMachine.Predecessor"/> and the option allow it.
/// </summary>
/// <remarks>It has a lock of its own, because an endpoint may use the session from several threads.</remarks>
internal sealed class HttpContextSessionState(RequestSession session, bool keepAtSignIn)
{
    private readonly Lock _lock = new();
    private readonly HttpContextSessionValues _values = new();

    // The session that the values belong to, by its number in the request.
    private int _number;
    private SessionKey? _key;
    private bool _isLoaded;
    private bool _isLost;

    // Whether a value was set while there was no session. As in the framework a session then begins, even if the value was removed.
    private bool _begins;
    private SessionStoreException? _fault;

    /// <summary>What has to be stored.</summary>
    /// <param name="Number">The session that the changes belong to, by its number in the request.</param>
    /// <param name="Key">Its key; null if there is no session.</param>
    /// <param name="Changes">The values by their keys; null for a key that was removed.</param>
    /// <param name="Begins">Whether a session begins even without a value.</param>
    public readonly record struct Unstored(int Number, SessionKey? Key, KeyValuePair<string, byte[]?>[] Changes, bool Begins);

    /// <summary>The key of the session; null before it was read, and where there is none.</summary>
    public SessionKey? Key => _key;

    /// <summary>Whether the session ended during the request.</summary>
    public bool IsLost => _isLost;

    /// <summary>Why the session could not be read; null if it was read, or not yet.</summary>
    public SessionStoreException? Fault => _fault;

    public IReadOnlyList<string> Keys
    {
        get
        {
            lock (_lock)
            {
                return _values.Keys;
            }
        }
    }

    public bool IsLoaded
    {
        get
        {
            lock (_lock)
            {
                Follow();
                return _isLoaded;
            }
        }
    }

    public bool HasChanges
    {
        get
        {
            lock (_lock)
            {
                Follow();
                return _values.HasChanges || _begins;
            }
        }
    }

    public Unstored Pending
    {
        get
        {
            lock (_lock)
            {
                return new(_number, _key, _values.Changes, _begins);
            }
        }
    }

    public bool TryGetValue(string key, [NotNullWhen(true)] out byte[]? value)
    {
        lock (_lock)
        {
            return _values.TryGet(key, out value);
        }
    }

    public void Set(string key, byte[] value)
    {
        lock (_lock)
        {
            _begins |= _key is null && !_isLost;
            Change(key, value);
        }
    }

    public void Remove(string key)
    {
        lock (_lock)
        {
            Change(key, null);
        }
    }

    public void RemoveAll()
    {
        lock (_lock)
        {
            _values.RemoveAll();
        }
    }

    public void DropChanges()
    {
        lock (_lock)
        {
            _values.DropChanges();
            _begins = false;
        }
    }

    /// <summary>The store could not be read.</summary>
    public void OnFault(SessionStoreException fault) => _fault = fault;

    /// <summary>The session was read.</summary>
    /// <param name="number">The number that the request's session had before the read.</param>
    /// <param name="record">Its record; null if there is none.</param>
    /// <returns>False if the request has another session by now, which must be read as well.</returns>
    public bool TryLoad(int number, SessionRecord? record)
    {
        lock (_lock)
        {
            Follow();
            if (!_isLoaded)
            {
                if (number != _number)
                {
                    return false;
                }

                _fault = null;
                _key = record?.Key;
                _values.Load(record is null ? null : HttpContextSessionValues.Decode(record, session.KeyOf(record), session.Telemetry.Log));
                _isLoaded = true;
            }

            return true;
        }
    }

    /// <summary>The changes are stored, in the session with this number.</summary>
    public void MarkStored(Unstored stored, int number)
    {
        lock (_lock)
        {
            _values.MarkStored(stored.Changes);
            _begins = false;
            if (number != _number)
            {
                // A session has begun. Its key is read with its record, which the request remembers.
                _number = number;
                ForgetInLock();
            }
        }
    }

    /// <summary>
    /// The session was live when it was read and has ended since, or lives on under a newer id. Its data ends with it: to begin another
    /// session for the data would bring back what was signed out.
    /// </summary>
    public void Lose(SessionKey key)
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

    /// <summary>Forgets what was read; the changes stay.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            ForgetInLock();
        }
    }

    private void Change(string key, byte[]? value)
    {
        if (!_isLost)
        {
            _values.Set(key, value);
        }
    }

    /// <summary>
    /// If the request has another session by now, forgets what was read, and keeps the changes only where they may move.
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
        ForgetInLock();
    }

    private void ForgetInLock()
    {
        _values.Load(null);
        (_key, _isLoaded, _isLost, _begins, _fault) = (null, false, false, false, null);
    }
}
