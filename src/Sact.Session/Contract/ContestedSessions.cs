using System.Collections.Concurrent;

namespace Sact.Session.Stores;

/// <summary>
/// The sessions for which this process has lost a race a moment ago. Their next change begins with the lock of the record, because it would
/// lose the next race too.
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
