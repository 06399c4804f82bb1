using System.Runtime.CompilerServices;
using System.Text;

namespace Sact.Session.Stores.Tests;

/// <summary>A <see cref="RecordStore"/> at its plainest. A broken one is this one with one primitive broken.</summary>
internal class RecordDictionaryStore(GenericStoreOptions options, DictionaryData data)
    : RecordStore(options), IExpiredSessionStore, ISessionQueryStore
{
    protected DictionaryData Data => data;

    public override ValueTask<long> ClearAsync(CancellationToken cancellationToken = default) =>
        Locked(() => EndAll(Own().Where(found => !found.Value.IsNoteWithoutUser)), cancellationToken);

    public override ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default) =>
        Locked(() => Own().LongCount(found => found.Value.IsLiveSession(Clock.GetUtcNow())), cancellationToken);

    public ValueTask<long> DeleteExpiredAsync(int batch, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        var until = DestructionTime - SessionRecord.SkewMargin;
        return Locked(
            () =>
            {
                var dead = Own().Where(found => found.Value.Error is null && found.Value.Header.ExpiresAt <= until).Take(batch).ToList();
                EndAll(dead);
                foreach (var (key, marker) in Data.Markers.Where(found => found.Value.EndedAt <= until).ToList())
                {
                    Data.Markers.Remove(key);
                }

                return (long)dead.Count;
            },
            cancellationToken);
    }

    public ValueTask<SessionPage> QueryAsync(SessionQuery query, CancellationToken cancellationToken = default) =>
        QueryAsync(query, ScanAsync, cancellationToken);

    public ValueTask<SessionCounts> CountByStateAsync(CancellationToken cancellationToken = default) => Locked(
        () => Own().Where(found => found.Value.IsLiveSession(Clock.GetUtcNow())).Aggregate(
            default(SessionCounts), (counts, found) => counts.Add(found.Value.Record?.State ?? SessionState.SignedIn, 1)),
        cancellationToken);

    protected override ValueTask<StoredRecord> ReadAsync(SessionKey key, CancellationToken cancellationToken) =>
        Locked(() => Stored(key), cancellationToken);

    protected override ValueTask<RecordAddition> AddAsync(
        SessionRecord session, RecordAdmission admission, CancellationToken cancellationToken) => Locked(
        () =>
        {
            var occupant = Stored(session.Key);
            if (Occupies(occupant, session, admission.Now))
            {
                return RecordAddition.Occupied(occupant);
            }

            var live = session.UserId is not { } userId ? [] : OfUser(userId).Where(found => found.Value.IsLive(admission.Now))
                .Select(found => found.Key).Except(admission.Ignored).ToHashSet();
            int excess = admission.Max == 0 ? 0 : Math.Max(0, live.Count + 1 - admission.Max);
            var ended = admission.Candidates.Where(marker => live.Contains(marker.Key)).Take(excess).ToArray();
            if (ended.Length < excess)
            {
                return RecordAddition.Full;
            }

            Data.Records[session.Key] = session;
            Data.Markers.Remove(session.Key);
            Array.ForEach(ended, MarkInCap);
            return RecordAddition.Added([.. ended.Select(marker => marker.Key)]);
        },
        cancellationToken);

    protected override ValueTask<StoredRecord?> ReplaceAsync(
        SessionRecord expected, SessionRecord replacement, CancellationToken cancellationToken) => Locked<StoredRecord?>(
        () =>
        {
            var stored = Stored(expected.Key);
            if (!MayReplace(stored, expected))
            {
                return stored;
            }

            Data.Records[expected.Key] = replacement;
            return null;
        },
        cancellationToken);

    /// <summary>What a broken store gets wrong.</summary>
    protected virtual bool MayReplace(StoredRecord stored, SessionRecord expected) =>
        stored.Record is { } record && record.Version == expected.Version && record.IsSameSession(expected);

    protected override ValueTask<StoredRecord> MarkEndedAsync(
        SessionRecord session, EndedMarker marker, CancellationToken cancellationToken) => Locked(
        () =>
        {
            var stored = Stored(session.Key);
            if (!stored.Exists || stored.Header.LineageHash != session.LineageHash || KeepsMarker(stored))
            {
                return default;
            }

            Mark(marker);
            return stored;
        },
        cancellationToken);

    protected override ValueTask<long> MarkUserEndedAsync(
        string userId, IReadOnlyList<EndedMarker> markers, CancellationToken cancellationToken) => Locked(
        () => markers.ToList().LongCount(marker =>
        {
            var stored = Stored(marker.Key);
            if (stored.Header.UserId != userId)
            {
                return false;
            }

            MarkOfUser(marker);
            return stored.IsLive(Clock.GetUtcNow());
        }),
        cancellationToken);

    // What a broken store overrides.
    protected virtual bool Occupies(StoredRecord occupant, SessionRecord session, DateTimeOffset now) =>
        occupant.IsOccupiedFor(session, now);

    protected virtual bool KeepsMarker(StoredRecord stored) => stored.IsEnded;

    protected virtual void Mark(EndedMarker marker)
    {
        Data.Records.Remove(marker.Key);
        Data.Markers[marker.Key] = marker;
    }

    protected virtual void MarkOfUser(EndedMarker marker) => Mark(marker);

    protected virtual void MarkInCap(EndedMarker marker) => Mark(marker);

    protected override async IAsyncEnumerable<KeyValuePair<SessionKey, StoredRecord>> ReadUserAsync(
        string userId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var found in await Locked(() => OfUser(userId).ToList(), cancellationToken))
        {
            yield return found;
        }
    }

    /// <summary>Steps of a few keys in their order, so that a page takes several.</summary>
    protected virtual ValueTask<ScannedRecords> ScanAsync(
        SessionQuery query, byte[]? after, int most, CancellationToken cancellationToken) => Locked(
        () =>
        {
            const int Step = 7;
            string last = after is null ? "" : Encoding.ASCII.GetString(after);
            var step = Own().Where(found => string.CompareOrdinal(found.Key.KeyPart, last) > 0)
                .OrderBy(found => found.Key.KeyPart, StringComparer.Ordinal).Take(Step)
                .Select(found => new ScannedRecord(found.Key, found.Value, Encoding.ASCII.GetBytes(found.Key.KeyPart)))
                .ToList();
            return new ScannedRecords(step, step.Count < Step ? null : step[^1].Position, step.Count);
        },
        cancellationToken);

    private StoredRecord Stored(SessionKey key) =>
        Data.Garbage.Contains(key) ? StoredRecord.Unpack(key, "garbage"u8)
        : Data.Records.TryGetValue(key, out var record) ? StoredRecord.Unpack(key, record.Pack())
        : Data.Markers.TryGetValue(key, out var marker) ? StoredRecord.Unpack(key, marker.Pack())
        : default;

    protected IEnumerable<KeyValuePair<SessionKey, StoredRecord>> Own() => Data.Records.Keys
        .Where(key => key.Prefix == Prefix).Select(key => KeyValuePair.Create(key, Stored(key)));

    /// <summary>By an index, which knows whose session it was even where garbage lies.</summary>
    protected virtual IEnumerable<KeyValuePair<SessionKey, StoredRecord>> OfUser(string userId) =>
        Own().Where(found => Data.Records[found.Key].UserId == userId);

    private long EndAll(IEnumerable<KeyValuePair<SessionKey, StoredRecord>> sessions) => sessions.ToList().LongCount(found =>
    {
        Data.Records.Remove(found.Key);
        return found.Value.IsLiveSession(Clock.GetUtcNow());
    });

    private ValueTask<T> Locked<T>(Func<T> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Data.BeforeEach is { } before ? WaitAsync(before()) : new(Work());

        async ValueTask<T> WaitAsync(Task gate)
        {
            await gate;
            return Work();
        }

        T Work()
        {
            lock (Data.Lock)
            {
                return work();
            }
        }
    }
}
