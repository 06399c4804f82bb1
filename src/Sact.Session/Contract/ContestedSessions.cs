using System.Collections.Concurrent;

namespace Sact.Session.Stores;

/// <summary>
/// The sessions of which this process lost a race at their last change. The next change of such a session begins with the lock of the
/// record, because it would probably lose the next race too.
/// </summary>
internal sealed class ContestedSessions
{
    // So that it cannot grow. A session that is forgotten loses one race more.
    private const int Most = 1024;

    private readonly ConcurrentDictionary<SessionKey, bool> _keys = new();

    public bool Contains(SessionKey key) => _keys.ContainsKey(key);

    public void Add(SessionKey key)
    {
        if (_keys.TryAdd(key, true) && _keys.Count > Most)
        {
            _keys.Clear();
        }
    }

    public void Remove(SessionKey key) => _keys.TryRemove(key, out _);
}
