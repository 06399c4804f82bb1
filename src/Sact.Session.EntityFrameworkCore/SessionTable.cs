using Microsoft.EntityFrameworkCore;

namespace Sact.Session;

/// <summary>The statements on the rows of one prefix.</summary>
internal sealed class SessionTable(string prefix)
{
    private const int Note = (int)SessionState.Note;

    private readonly SessionQueries _queries = new();
    private readonly RowInsert<SessionRow> _insert = new();

    /// <summary>What is under a key.</summary>
    public async Task<StoredRecord> ReadAsync(DatabaseCall call, SessionKey key) =>
        await _queries.Record(call.Context, prefix, key.KeyPart, call.Token).ConfigureAwait(false) is { } packed
            ? StoredRecord.Unpack(key, packed)
            : default;

    /// <summary>The rows of some keys, in one statement.</summary>
    public Task<List<FoundSession>> ReadManyAsync(DatabaseCall call, IReadOnlyList<SessionKey> keys)
    {
        string[] parts = [.. keys.Select(static key => key.KeyPart)];
        return call.Context.Set<SessionRow>()
            .IgnoreQueryFilters()
            .Where(row => row.Prefix == prefix && parts.Contains(row.KeyPart))
            .Select(static row => new FoundSession(row.KeyPart, row.Record))
            .ToListAsync(call.Token);
    }

    /// <summary>The rows of a user, expired ones included.</summary>
    public async Task<List<FoundSession>> ReadUserAsync(DatabaseCall call, string userId)
    {
        var found = new List<FoundSession>();
        await foreach (var row in _queries.OfUser(call.Context, prefix, userId).WithCancellation(call.Token).ConfigureAwait(false))
        {
            found.Add(row);
        }

        return found;
    }

    /// <summary>The key parts of a user's live sessions.</summary>
    public async Task<HashSet<string>> ReadLiveKeysAsync(DatabaseCall call, string userId, long now)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        var keys = _queries.LiveKeysOfUser(call.Context, prefix, userId, now);
        await foreach (string keyPart in keys.WithCancellation(call.Token).ConfigureAwait(false))
        {
            found.Add(keyPart);
        }

        return found;
    }

    /// <summary>How many sessions are live.</summary>
    public Task<long> CountLiveAsync(DatabaseCall call, long now) => _queries.CountLive(call.Context, prefix, now, call.Token);

    /// <summary>Adds the row of a new session. A row under its key makes this a fault of the provider.</summary>
    public Task<int> InsertAsync(DatabaseCall call, SessionRecord session)
    {
        var row = new SessionRow
        {
            Prefix = prefix,
            KeyPart = session.Key.KeyPart,
            UserId = session.UserId,
            LineageHash = session.LineageHash.ToArray(),
            State = (int)session.State,
            CreatedAt = session.CreatedAt.ToUnixTimeMilliseconds(),
            LastSeenAt = session.LastSeenAt.ToUnixTimeMilliseconds(),
            ExpiresAt = session.ExpiresAt.ToUnixTimeMilliseconds(),
            Version = session.Version,
            Record = session.Pack(),
        };
        return call.WriteAsync(() => _insert.RunAsync(call.Context, row, call.Token));
    }

    /// <summary>What is in the way of a new session; null if nothing is, or is no longer.</summary>
    public async Task<StoredRecord?> MakeWayAsync(DatabaseCall call, SessionRecord session, DateTimeOffset now)
    {
        if (await _queries.Record(call.Context, prefix, session.Key.KeyPart, call.Token).ConfigureAwait(false) is not { } packed)
        {
            return null;
        }

        var stored = StoredRecord.Unpack(session.Key, packed);
        if (stored.IsOccupiedFor(session, now))
        {
            return stored;
        }

        await call.WriteAsync(() => RowOf(call, session.Key)
            .Where(row => row.Record == packed)
            .ExecuteDeleteAsync(call.Token)).ConfigureAwait(false);
        return null;
    }

    /// <summary>Replaces a record that still is the expected one, byte for byte.</summary>
    /// <returns>The number of replaced rows, 0 or 1.</returns>
    public Task<int> ReplaceAsync(DatabaseCall call, SessionRecord expected, SessionRecord replacement)
    {
        byte[] lineage = expected.LineageHash.ToArray(), before = expected.Pack(), after = replacement.Pack();
        long lastSeenAt = replacement.LastSeenAt.ToUnixTimeMilliseconds(), expiresAt = replacement.ExpiresAt.ToUnixTimeMilliseconds();
        return call.WriteOnceAsync(() => RowOf(call, expected.Key)
            .Where(row => row.Version == expected.Version && row.LineageHash == lineage && row.Record == before)
            .ExecuteUpdateAsync(
                set => set
                    .SetProperty(row => row.State, (int)replacement.State)
                    .SetProperty(row => row.LastSeenAt, lastSeenAt)
                    .SetProperty(row => row.ExpiresAt, expiresAt)
                    .SetProperty(row => row.Version, replacement.Version)
                    .SetProperty(row => row.Record, after),
                call.Token));
    }

    /// <summary>The version and the record under a key, if they are of a lineage and have not ended.</summary>
    public async Task<(long Version, byte[] Record)?> ReadLineageAsync(DatabaseCall call, SessionKey key, byte[] lineage) =>
        await RowOf(call, key)
            .Where(row => row.LineageHash == lineage && row.State != EndedMarker.StateNumber)
            .Select(row => new { row.Version, row.Record })
            .SingleOrDefaultAsync(call.Token).ConfigureAwait(false) is { } found ? (found.Version, found.Record) : null;

    /// <summary>Puts a marker in place of the session that has this lineage, and this version if one is given.</summary>
    /// <returns>The number of ended sessions, 0 or 1.</returns>
    public Task<int> MarkAsync(DatabaseCall call, EndedMarker marker, byte[] lineage, long? expected)
    {
        var row = RowOf(call, marker.Key);
        return MarkAsync(call, marker, expected is { } version
            ? row.Where(row => row.LineageHash == lineage && row.Version == version && row.State != EndedMarker.StateNumber)
            : row.Where(row => row.LineageHash == lineage && row.State != EndedMarker.StateNumber));
    }

    /// <summary>Puts a marker in place of a session of this user, whatever its version.</summary>
    /// <returns>The number of ended sessions, 0 or 1.</returns>
    public Task<int> MarkOfUserAsync(DatabaseCall call, EndedMarker marker, string userId) =>
        MarkAsync(call, marker, RowOf(call, marker.Key).Where(row => row.UserId == userId));

    /// <summary>Puts a marker in place of a session of this user, if it is live.</summary>
    /// <returns>The number of ended sessions, 0 or 1.</returns>
    public Task<int> MarkLiveOfUserAsync(DatabaseCall call, EndedMarker marker, string userId, long now) =>
        MarkAsync(call, marker, RowOf(call, marker.Key).Where(row => row.UserId == userId && row.ExpiresAt > now));

    /// <summary>Deletes the live sessions of the prefix.</summary>
    /// <returns>Their number.</returns>
    public Task<int> ClearLiveAsync(DatabaseCall call, long now) => call.WriteAsync(() => call.Sessions
        .Where(row => row.Prefix == prefix && row.ExpiresAt > now && row.State < EndedMarker.StateNumber)
        .ExecuteDeleteAsync(call.Token));

    /// <summary>Deletes what else has the prefix: expired sessions, markers and the notes of users.</summary>
    public Task<int> ClearRestAsync(DatabaseCall call, long now) => call.WriteAsync(() => call.Sessions
        .Where(row => row.Prefix == prefix && (row.ExpiresAt <= now || row.State >= EndedMarker.StateNumber)
            && (row.State != Note || row.UserId != null))
        .ExecuteDeleteAsync(call.Token));

    // A marker has no user, so that no list of the user's sessions finds it, and its deadline has passed.
    private static Task<int> MarkAsync(DatabaseCall call, EndedMarker marker, IQueryable<SessionRow> row)
    {
        byte[] packed = marker.Pack();
        long endedAt = marker.EndedAt.ToUnixTimeMilliseconds();
        return call.WriteAsync(() => row.ExecuteUpdateAsync(
            set => set
                .SetProperty(ended => ended.UserId, (string?)null)
                .SetProperty(ended => ended.State, EndedMarker.StateNumber)
                .SetProperty(ended => ended.ExpiresAt, endedAt)
                .SetProperty(ended => ended.Version, marker.Version)
                .SetProperty(ended => ended.Record, packed),
            call.Token));
    }

    private IQueryable<SessionRow> RowOf(DatabaseCall call, SessionKey key)
    {
        string keyPart = key.KeyPart;
        return call.Sessions.Where(row => row.Prefix == prefix && row.KeyPart == keyPart);
    }
}
