using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Tests;

/// <summary>The smallest store that keeps packed records, with hooks for a test. It counts its calls.</summary>
internal sealed class PackedStore(FakeTimeProvider clock, ILoggerFactory? log = null)
    : RecordStore(new GenericStoreOptions { TimeProvider = clock, LoggerFactory = log })
{
    private readonly ConcurrentDictionary<SessionKey, byte[]> _packed = new();
    private readonly Lock _lock = new();
    private int _reads;
    private int _replaces;
    private int _rewrites;

    public int Reads => _reads;

    /// <summary>How many keys each read of many had.</summary>
    public ConcurrentQueue<int> Batches { get; } = new();

    public int Replaces => _replaces;

    public int Rewrites => _rewrites;

    /// <summary>Runs before a record is replaced.</summary>
    public Func<CancellationToken, ValueTask>? BeforeReplace { get; set; }

    /// <summary>Runs after a record was replaced, or not, and before the answer.</summary>
    public Func<ValueTask>? AfterReplace { get; set; }

    /// <summary>Runs after a record was rewritten, or not, and before the answer.</summary>
    public Action? AfterRewrite { get; set; }

    public Func<SessionStoreException, bool> Settles { get; set; } = static _ => true;

    public int Races { get; set; } = int.MaxValue;

    /// <summary>How long a change waits after so many lost races.</summary>
    public Func<int, TimeSpan> Pauses { get; set; } = static _ => TimeSpan.Zero;

    protected internal override int RacesBeforeRewrite => Races;

    public byte[]? this[SessionKey key]
    {
        get => _packed.GetValueOrDefault(key);
        set => _packed[key] = value!;
    }

    /// <summary>Creates a session of a user, which its cookie has presented.</summary>
    public async Task<SessionRecord> SignInAsync(string userId = "alice")
    {
        string id = CreateSessionId(userId);
        var now = clock.GetUtcNow();
        var record = new SessionRecord
        {
            Key = GetSessionKey(id),
            UserId = userId,
            State = SessionState.SignedIn,
            LineageHash = SessionIdFormat.HashOf(SessionIdFormat.WithNewRotor(id)),
            CurrentHash = SessionIdFormat.HashOf(id),
            Presented = true,
            CreatedAt = now,
            LastSeenAt = now,
            Lifetimes = new SessionLifetimes(TimeSpan.FromHours(1), TimeSpan.FromHours(1), TimeSpan.FromDays(1)),
        };
        Assert.Equal(SessionCreationStatus.Created, (await CreateAsync(record)).Status);
        return record;
    }

    public SessionRecord Stored(SessionRecord session) => SessionRecord.Unpack(session.Key, _packed[session.Key]);

    public override ValueTask<long> ClearAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public override ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    protected internal override TimeSpan PauseAfter(int lostRaces) => Pauses(lostRaces);

    protected internal override bool IsSettledByRead(SessionStoreException exception) => Settles(exception);

    protected internal override ValueTask<StoredRecord> ReadAsync(SessionKey key, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        cancellationToken.ThrowIfCancellationRequested();
        return new(Find(key));
    }

    protected override ValueTask<IReadOnlyDictionary<SessionKey, StoredRecord>> ReadManyAsync(
        IReadOnlyList<SessionKey> keys, CancellationToken cancellationToken)
    {
        Batches.Enqueue(keys.Count);
        return base.ReadManyAsync(keys, cancellationToken);
    }

    protected internal override async ValueTask<StoredRecord?> ReplaceAsync(
        SessionRecord expected, SessionRecord replacement, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _replaces);
        if (BeforeReplace is { } before)
        {
            await before(cancellationToken);
        }

        StoredRecord? answer = TryReplace(expected, replacement) ? null : Find(expected.Key);
        if (AfterReplace is { } after)
        {
            await after();
        }

        return answer;
    }

    protected internal override ValueTask RewriteAsync(
        SessionKey key, Func<StoredRecord, SessionRecord?> rewrite, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _rewrites);
        lock (_lock)
        {
            if (rewrite(Find(key)) is { } record)
            {
                _packed[key] = record.Pack();
            }
        }

        AfterRewrite?.Invoke();
        return ValueTask.CompletedTask;
    }

    protected override ValueTask<RecordAddition> AddAsync(
        SessionRecord session, RecordAdmission admission, CancellationToken cancellationToken) =>
        new(_packed.TryAdd(session.Key, session.Pack()) ? RecordAddition.Added() : RecordAddition.Occupied(Find(session.Key)));

    protected override ValueTask<StoredRecord> MarkEndedAsync(
        SessionRecord session, EndedMarker marker, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var stored = Find(session.Key);
            bool ends = stored.Exists && !stored.IsEnded;
            if (ends)
            {
                _packed[session.Key] = marker.Pack();
            }

            return new(ends ? stored : default);
        }
    }

    protected override ValueTask<long> MarkUserEndedAsync(
        string userId, IReadOnlyList<EndedMarker> markers, CancellationToken cancellationToken) => throw new NotSupportedException();

    protected internal override async IAsyncEnumerable<KeyValuePair<SessionKey, StoredRecord>> ReadUserAsync(
        string userId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        foreach (var (key, packed) in _packed)
        {
            yield return new(key, StoredRecord.Unpack(key, packed));
        }
    }

    private bool TryReplace(SessionRecord expected, SessionRecord replacement)
    {
        lock (_lock)
        {
            var header = Find(expected.Key).Header;
            bool matches = header.Version == expected.Version && header.LineageHash == expected.LineageHash;
            if (matches)
            {
                _packed[expected.Key] = replacement.Pack();
            }

            return matches;
        }
    }

    private StoredRecord Find(SessionKey key) =>
        _packed.TryGetValue(key, out byte[]? packed) ? StoredRecord.Unpack(key, packed) : default;
}
