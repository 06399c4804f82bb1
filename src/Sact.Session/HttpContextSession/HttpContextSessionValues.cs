using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>
/// The values of <c>HttpContext.Session</c> as a request sees them: those that the store held, and the changes since. The caller serialises
/// access.
/// </summary>
internal sealed class HttpContextSessionValues
{
    private static readonly Dictionary<string, byte[]> s_none = new(StringComparer.Ordinal);

    // Null for a key that was removed.
    private readonly Dictionary<string, byte[]?> _changes = new(StringComparer.Ordinal);
    private Dictionary<string, byte[]> _stored = s_none;

    public IReadOnlyList<string> Keys =>
    [
        .. _stored.Keys.Where(key => !_changes.ContainsKey(key)),
        .. _changes.Where(change => change.Value is not null).Select(change => change.Key),
    ];

    public bool HasChanges => _changes.Count > 0;

    public KeyValuePair<string, byte[]?>[] Changes => [.. _changes];

    /// <summary>The values in a record. One that cannot be read counts as absent, and is logged.</summary>
    public static Dictionary<string, byte[]> Decode(SessionRecord record, DataKey? dataKey, ILogger log)
    {
        var stored = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var fields = record.CurrentKey is null ? record.Fields : SealedFields.Open(
            record, dataKey, static name => name.StartsWith(HttpContextSessionField.Prefix, StringComparison.Ordinal));
        foreach (var (name, json) in fields)
        {
            if (!HttpContextSessionField.TryRead(name, json.Span, out string? key, out byte[]? value))
            {
                continue;
            }

            if (key is null)
            {
                HttpContextSessionLog.BridgeUnreadable(log, record.Key);
            }
            else
            {
                stored.Add(key, value!);
            }
        }

        return stored;
    }

    /// <summary>Returns a copy: a caller that writes to the array changes nothing.</summary>
    public bool TryGet(string key, [NotNullWhen(true)] out byte[]? value)
    {
        value = (_changes.TryGetValue(key, out byte[]? changed) ? changed : _stored.GetValueOrDefault(key))?.ToArray();
        return value is not null;
    }

    /// <summary>Sets a value, or removes it with null. What changes nothing needs no write.</summary>
    public void Set(string key, byte[]? value)
    {
        bool isStored = _stored.TryGetValue(key, out byte[]? stored);
        if (value is null ? !isStored : isStored && stored.AsSpan().SequenceEqual(value))
        {
            _changes.Remove(key);
        }
        else
        {
            _changes[key] = value;
        }
    }

    public void RemoveAll()
    {
        _changes.Clear();
        foreach (string key in _stored.Keys)
        {
            _changes.Add(key, null);
        }
    }

    /// <summary>The store was read.</summary>
    public void Load(Dictionary<string, byte[]>? stored) => _stored = stored ?? s_none;

    /// <summary>Changes were stored. A key that was changed again meanwhile stays changed.</summary>
    public void MarkStored(KeyValuePair<string, byte[]?>[] changes)
    {
        _stored = new Dictionary<string, byte[]>(_stored, StringComparer.Ordinal);
        foreach (var (key, value) in changes)
        {
            if (value is null)
            {
                _stored.Remove(key);
            }
            else
            {
                _stored[key] = value;
            }

            if (_changes.TryGetValue(key, out byte[]? present) && ReferenceEquals(present, value))
            {
                _changes.Remove(key);
            }
        }
    }

    public void DropChanges() => _changes.Clear();
}
