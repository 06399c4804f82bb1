namespace Sact.Session;

/// <summary>The keys of one user's sessions in memory. Most users have one; that one costs no set.</summary>
internal sealed class UserSessions
{
    private static readonly HashSet<SessionKeyPart> s_one = [];
    private static readonly HashSet<SessionKeyPart> s_retired = [];

    // Good where _many is the mark for one; a user with one session is by far the most common, and pays for no field more than this.
    private SessionKeyPart _only;

    // Null: no session. A mark: just one, or retired. Else all of them.
    private HashSet<SessionKeyPart>? _many;

    /// <summary>Set under the lock when the user's last session has gone and this object has left the index: whoever holds it must fetch a new one.</summary>
    public bool Retired => ReferenceEquals(_many, s_retired);

    public int Count => ReferenceEquals(_many, s_one) ? 1 : _many?.Count ?? 0;

    public void Retire() => _many = s_retired;

    public void Add(SessionKeyPart key)
    {
        if (_many is null)
        {
            _only = key;
            _many = s_one;
        }
        else if (!ReferenceEquals(_many, s_one))
        {
            _many.Add(key);
        }
        else if (!_only.Equals(key))
        {
            _many = [_only, key];
        }
    }

    public void Remove(SessionKeyPart key)
    {
        if (!ReferenceEquals(_many, s_one))
        {
            _many?.Remove(key);
        }
        else if (_only.Equals(key))
        {
            _many = null;
        }
    }

    /// <summary>All keys, into room for <see cref="Count"/> of them.</summary>
    public void CopyTo(SessionKeyPart[] room)
    {
        if (ReferenceEquals(_many, s_one))
        {
            room[0] = _only;
        }
        else
        {
            _many?.CopyTo(room);
        }
    }

    public SessionKeyPart[] ToArray() => ReferenceEquals(_many, s_one) ? [_only] : _many is null ? [] : [.. _many];
}
