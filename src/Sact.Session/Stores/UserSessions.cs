namespace Sact.Session;

/// <summary>The keys of one user's sessions in memory. Most users have one; that one costs no set.</summary>
internal sealed class UserSessions
{
    private SessionKey _only;
    private HashSet<SessionKey>? _many;

    /// <summary>Set under the lock when the user's last session has gone and this object has left the index: whoever holds it must fetch a new one.</summary>
    public bool Retired { get; set; }

    public int Count => _many?.Count ?? (_only.IsDefault ? 0 : 1);

    public void Add(SessionKey key)
    {
        if (_many is not null)
        {
            _many.Add(key);
        }
        else if (_only.IsDefault || _only == key)
        {
            _only = key;
        }
        else
        {
            _many = [_only, key];
            _only = default;
        }
    }

    public void Remove(SessionKey key)
    {
        if (_many is not null)
        {
            _many.Remove(key);
        }
        else if (_only == key)
        {
            _only = default;
        }
    }

    public SessionKey[] ToArray() => _many is not null ? [.. _many] : _only.IsDefault ? [] : [_only];
}
