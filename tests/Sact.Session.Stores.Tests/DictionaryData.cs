using System.Collections.Concurrent;

namespace Sact.Session.Stores.Tests;

/// <summary>What handles of <see cref="DictionaryStore"/> share.</summary>
internal sealed class DictionaryData
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _signals = new(StringComparer.Ordinal);

    public Lock Lock { get; } = new();

    /// <summary>Runs before each primitive of a <see cref="RecordDictionaryStore"/>; null for nothing. A test holds it at a gate.</summary>
    public Func<Task>? BeforeEach { get; set; }

    public Dictionary<SessionKey, SessionRecord> Records { get; } = [];

    /// <summary>What is left of ended sessions, for a store that keeps it.</summary>
    public Dictionary<SessionKey, EndedMarker> Markers { get; } = [];

    /// <summary>Keys under which something unreadable lies.</summary>
    public HashSet<SessionKey> Garbage { get; } = [];

    /// <summary>What a broken store's callers wait for, whichever handle they come through.</summary>
    public TaskCompletionSource Signal(string name) =>
        _signals.GetOrAdd(name, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
}
