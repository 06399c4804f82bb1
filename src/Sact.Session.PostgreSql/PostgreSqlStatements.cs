using System.Globalization;

namespace Sact.Session;

/// <summary>The statements. Each one names the prefix. The first column of a read says whether the server is a standby.</summary>
internal sealed class PostgreSqlStatements
{
    /// <summary>The lock that lasts until the end of the transaction. $1 its number.</summary>
    public const string Lock = "SELECT 1 FROM pg_advisory_xact_lock($1)";

    private const string Columns = "prefix, key_part, user_id, lineage_hash, created_at, state, last_seen_at, expires_at, version, record";
    private const string Values = "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10";
    private const string ServerNow = "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

    public PostgreSqlStatements(string table)
    {
        string margin = ((long)SessionRecord.SkewMargin.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);

        // $1 prefix, $2 key part
        Read = $"SELECT pg_is_in_recovery(), (SELECT record FROM {table} WHERE prefix = $1 AND key_part = $2)";

        // $1 prefix, $2 user id, $3 now
        ReadUser = $"""
            SELECT pg_is_in_recovery(), key_part, record
            FROM (VALUES (1)) AS one LEFT JOIN {table} ON prefix = $1 AND user_id = $2 AND expires_at > $3
            """;

        // $1 prefix, $2 now
        Count = $"SELECT pg_is_in_recovery(), count(*) FROM {table} WHERE prefix = $1 AND expires_at > $2";

        // $1 to $10 the columns, $11 now. A live record under the key is locked and stays, and no row is returned.
        string add = $"""
            ON CONFLICT (prefix, key_part) DO UPDATE SET
              user_id = excluded.user_id, lineage_hash = excluded.lineage_hash, created_at = excluded.created_at, state = excluded.state,
              last_seen_at = excluded.last_seen_at, expires_at = excluded.expires_at, version = excluded.version, record = excluded.record
            WHERE t.expires_at <= $11
            """;
        Add = $"INSERT INTO {table} AS t ({Columns}) VALUES ({Values}) {add} RETURNING NULL";

        // In addition: $12 how many sessions the user may have; $13 the key parts of those that may end, in this order, and $14 of those
        // that do not count, each list separated by commas. It returns the sessions that ended, and null for the new one.
        AddUnderCap = $"""
            WITH live AS MATERIALIZED (
              SELECT key_part FROM {table}
              WHERE prefix = $1 AND user_id = $3 AND key_part <> $2 AND expires_at > $11
                AND key_part NOT IN (SELECT unnest(string_to_array($14, ',')))),
            candidate AS MATERIALIZED (
              SELECT key_part, row_number() OVER (ORDER BY place) AS place
              FROM unnest(string_to_array($13, ',')) WITH ORDINALITY AS given (key_part, place) JOIN live USING (key_part)),
            allowed AS MATERIALIZED (
              SELECT excess FROM (SELECT count(*) + 1 - $12 AS excess FROM live) AS cap
              WHERE excess <= (SELECT count(*) FROM candidate)
                AND NOT EXISTS (SELECT 1 FROM {table} WHERE prefix = $1 AND key_part = $2 AND expires_at > $11)),
            ended AS (
              DELETE FROM {table} AS t USING candidate, allowed
              WHERE t.prefix = $1 AND t.key_part = candidate.key_part AND candidate.place <= allowed.excess
              RETURNING t.key_part),
            made AS (INSERT INTO {table} AS t ({Columns}) SELECT {Values} FROM allowed {add} RETURNING NULL::text AS key_part)
            SELECT key_part FROM made UNION ALL SELECT key_part FROM ended
            """;

        // $1 prefix, $2 key part, $3 now
        ReadOccupant = $"SELECT record FROM {table} WHERE prefix = $1 AND key_part = $2 AND expires_at > $3";

        // $1 prefix, $2 key part, $3 to $7 the columns that change; for the first also $8 and $9, the version and the record
        // that are expected. Bytes that cannot be read, or are of a newer format, never equal those of a record that a caller holds.
        string replace = $"""
            UPDATE {table} SET state = $3, last_seen_at = $4, expires_at = $5, version = $6, record = $7 WHERE prefix = $1 AND key_part = $2
            """;
        Replace = replace + " AND version = $8 AND record = $9 RETURNING 1";
        ReplaceLocked = replace;

        // $1 prefix, $2 key part, $3 lineage, $4 version, $5 record. It leaves out the record that the statement before it has just
        // written. The bytes are compared too: another writer may have drawn the same version.
        ReadOther = $"SELECT record FROM {table} WHERE prefix = $1 AND key_part = $2 "
            + "AND (lineage_hash <> $3 OR version <> $4 OR record <> $5)";

        // $1 prefix, $2 key part
        ReadLocked = $"SELECT record FROM {table} WHERE prefix = $1 AND key_part = $2 FOR UPDATE";

        // $1 prefix, $2 key part, $3 lineage
        End = $"DELETE FROM {table} WHERE prefix = $1 AND key_part = $2 AND lineage_hash = $3 RETURNING record";

        // $1 prefix, $2 user id, $3 the key part to keep or null, $4 now
        EndUser = $"""
            WITH gone AS (DELETE FROM {table} WHERE prefix = $1 AND user_id = $2 AND ($3 IS NULL OR key_part <> $3) RETURNING expires_at)
            SELECT count(*) FILTER (WHERE expires_at > $4) FROM gone
            """;

        // $1 prefix, $2 now
        EndAll = $"""
            WITH gone AS (DELETE FROM {table} WHERE prefix = $1 RETURNING expires_at)
            SELECT count(*) FILTER (WHERE expires_at > $2) FROM gone
            """;

        // $1 prefix, $2 the time of destruction, $3 batch, $4 the wall clock, which must agree with the server's. A row that somebody
        // writes to is left for the next time. The lock reads the row again, so that a session that was touched meanwhile is spared. The
        // order is that of the index: from the beginning of the table each batch would read what the ones before emptied.
        DeleteExpired = $"""
            WITH server AS MATERIALIZED (SELECT {ServerNow} AS now),
            dead AS MATERIALIZED (
              SELECT key_part FROM {table} AS t, server
              WHERE prefix = $1 AND expires_at <= $2 - {margin} AND expires_at <= server.now - {margin} AND abs(server.now - $4) <= {margin}
              ORDER BY t.expires_at LIMIT $3 FOR UPDATE OF t SKIP LOCKED),
            gone AS (DELETE FROM {table} AS t USING dead WHERE t.prefix = $1 AND t.key_part = dead.key_part RETURNING 1)
            SELECT (SELECT count(*) FROM gone), abs(server.now - $4) > {margin} FROM server
            """;
    }

    public string Read { get; }

    public string ReadUser { get; }

    public string Count { get; }

    public string Add { get; }

    public string AddUnderCap { get; }

    public string ReadOccupant { get; }

    public string Replace { get; }

    public string ReplaceLocked { get; }

    public string ReadOther { get; }

    public string ReadLocked { get; }

    public string End { get; }

    public string EndUser { get; }

    public string EndAll { get; }

    public string DeleteExpired { get; }
}
