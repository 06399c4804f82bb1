using Microsoft.EntityFrameworkCore;

namespace Sact.Session;

/// <summary>The statements on the rows of one prefix.</summary>
internal sealed class SessionTable(string prefix)
{
    private readonly SessionQueries _queries = new();
    private readonly RowInsert<SessionRow> _insert = new();

    /// <summary>What is under a key.</summary>
    public async Task<StoredRecord> ReadAsync(DatabaseCall call, SessionKey key) =>
        await _queries.Record(call.Context, prefix, key.KeyPart, call.Token).ConfigureAwait(false) is { } packed
            ? StoredRecord.Unpack(key, packed)
            : default;

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

    /// <summary>Deletes the row under a key if it had expired by this time.</summary>
    public Task<int> DeleteExpiredAsync(DatabaseCall call, SessionKey key, long now) => call.WriteAsync(() => RowOf(call, key)
        .Where(row => row.ExpiresAt <= now)
        .ExecuteDeleteAsync(call.Token));

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

    /// <summary>The version and the record under a key, if they are of a lineage.</summary>
    public async Task<(long Version, byte[] Record)?> ReadLineageAsync(DatabaseCall call, SessionKey key, byte[] lineage) =>
        await RowOf(call, key)
            .Where(row => row.LineageHash == lineage)
            .Select(row => new { row.Version, row.Record })
            .SingleOrDefaultAsync(call.Token).ConfigureAwait(false) is { } found ? (found.Version, found.Record) : null;

    /// <summary>Ends the session under a key if it has this version and lineage.</summary>
    /// <returns>The number of ended sessions, 0 or 1.</returns>
    public Task<int> EndAsync(DatabaseCall call, SessionKey key, byte[] lineage, long version) => call.WriteAsync(() => RowOf(call, key)
        .Where(row => row.LineageHash == lineage && row.Version == version)
        .ExecuteDeleteAsync(call.Token));

    /// <summary>Ends the session under a key, whatever its version, if it is of this user.</summary>
    public Task<int> EndOfUserAsync(DatabaseCall call, string keyPart, string userId) => call.WriteAsync(() => call.Sessions
        .Where(row => row.Prefix == prefix && row.KeyPart == keyPart && row.UserId == userId)
        .ExecuteDeleteAsync(call.Token));

    /// <summary>Ends the sessions of a user that are live, or those that have expired.</summary>
    public Task<int> EndUserAsync(DatabaseCall call, string userId, string? kept, long now, bool live)
    {
        var rows = call.Sessions.Where(row => row.Prefix == prefix && row.UserId == userId && row.KeyPart != kept);
        return EndAsync(call, rows, now, live);
    }

    /// <summary>Ends the sessions of the prefix that are live, or those that have expired.</summary>
    public Task<int> ClearAsync(DatabaseCall call, long now, bool live) =>
        EndAsync(call, call.Sessions.Where(row => row.Prefix == prefix), now, live);

    private static Task<int> EndAsync(DatabaseCall call, IQueryable<SessionRow> rows, long now, bool live)
    {
        rows = live ? rows.Where(row => row.ExpiresAt > now) : rows.Where(row => row.ExpiresAt <= now);
        return call.WriteAsync(() => rows.ExecuteDeleteAsync(call.Token));
    }

    private IQueryable<SessionRow> RowOf(DatabaseCall call, SessionKey key)
    {
        string keyPart = key.KeyPart;
        return call.Sessions.Where(row => row.Prefix == prefix && row.KeyPart == keyPart);
    }
}
