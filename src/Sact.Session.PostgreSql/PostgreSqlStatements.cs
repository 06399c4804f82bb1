using System.Globalization;

namespace Sact.Session;

/// <summary>The statements. Each one names the prefix. The first column of a read says whether the server is a standby.</summary>
internal sealed class PostgreSqlStatements
{
    /// <summary>The lock that lasts until the end of the transaction. $1 its number.</summary>
    public const string Lock = "SELECT 1 FROM pg_advisory_xact_lock($1)";

    private static readonly string Margin = ((long)SessionRecord.SkewMargin.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
    private static readonly string Ended = EndedMarker.StateNumber.ToString(CultureInfo.InvariantCulture);
    private static readonly string Note = ((int)SessionState.Note).ToString(CultureInfo.InvariantCulture);

    /// <summary>The channel on which the keys of ended sessions are sent.</summary>
    public const string Channel = "sact_session_ended";

    /// <summary>Reports a session whose id was replaced at once. $1 its key.</summary>
    public const string Report = $"SELECT pg_notify('{Channel}', $1)";

    private const string Columns = "prefix, key_part, user_id, lineage_hash, created_at, state, last_seen_at, expires_at, version, record";
    private const string Values = "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10";
    private const string ServerNow = "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

    /// <summary>The clock, whether the server takes no writes, and how far the slowest standby lags; null if that is not visible.</summary>
    public const string Inspect = $"""
        SELECT pg_is_in_recovery(), {ServerNow}, current_setting('transaction_read_only')::boolean,
          (SELECT count(*) FROM pg_stat_replication), (SELECT max(extract(epoch FROM replay_lag))::float8 FROM pg_stat_replication)
        """;

    // What becomes of the columns of a session that ends, beside its deadline and its record.
    private static readonly string Marked = $"user_id = NULL, state = {Ended}, version = 0";

    public PostgreSqlStatements(string table)
    {
        // $1 prefix, $2 key part
        Read = $"SELECT pg_is_in_recovery(), (SELECT record FROM {table} WHERE prefix = $1 AND key_part = $2)";

        // $1 prefix, $2 key parts separated by commas
        ReadMany = $"""
            SELECT pg_is_in_recovery(), key_part, record FROM (VALUES (1)) AS one
            LEFT JOIN {table} ON prefix = $1 AND key_part = ANY (string_to_array($2, ','))
            """;

        // $1 prefix, $2 user id
        ReadUser = $"""
            SELECT pg_is_in_recovery(), key_part, record FROM (VALUES (1)) AS one LEFT JOIN {table} ON prefix = $1 AND user_id = $2
            """;

        // $1 prefix, $2 now
        Count = $"SELECT pg_is_in_recovery(), count(*) FROM {table} WHERE prefix = $1 AND expires_at > $2 AND state < {Ended}";

        // $1 prefix, $2 now, $3 state or -1, $4 created from, $5 and $6 the place to continue after, $7 and $8 last seen from and before,
        // $9 how many rows to look at. A row that the columns exclude comes without its record.
        Scan = $"""
            SELECT pg_is_in_recovery(), key_part, created_at, record FROM (VALUES (1)) AS one LEFT JOIN (
              SELECT key_part, created_at, CASE WHEN expires_at > $2 AND state < {Ended} AND ($3 = -1 OR state = $3)
                AND last_seen_at >= $7 AND last_seen_at < $8 THEN record END AS record
              FROM {table} WHERE prefix = $1 AND created_at >= $4 AND (created_at, key_part) < ($5, $6)
              ORDER BY created_at DESC, key_part DESC LIMIT $9) AS found ON true
            """;

        // $1 prefix, $2 now
        CountByState = $"""
            SELECT pg_is_in_recovery(), state::int, counted FROM (VALUES (1)) AS one LEFT JOIN (
              SELECT state, count(*) AS counted FROM {table} WHERE prefix = $1 AND expires_at > $2 GROUP BY state) AS found ON true
            """;

        // $1 to $10 the columns, $11 now. A live record under the key, or the marker of this very session, is locked and stays, and no row
        // is returned.
        string occupied = OccupiedBy("$11", "$4");
        string add = $"""
            ON CONFLICT (prefix, key_part) DO UPDATE SET
              user_id = excluded.user_id, lineage_hash = excluded.lineage_hash, created_at = excluded.created_at, state = excluded.state,
              last_seen_at = excluded.last_seen_at, expires_at = excluded.expires_at, version = excluded.version, record = excluded.record
            WHERE NOT {occupied}
            """;
        Add = $"INSERT INTO {table} AS t ({Columns}) VALUES ({Values}) {add} RETURNING NULL";

        // In addition: $12 how many sessions the user may have; $13 the key parts of those that may end, in this order, and $14 of those
        // that do not count, each list separated by commas; $15 the markers of those that may end. It returns the sessions that ended, and
        // null for the new one. A session that ended meanwhile has no user any more, and keeps its own marker.
        AddUnderCap = $"""
            WITH live AS MATERIALIZED (
              SELECT key_part FROM {table}
              WHERE prefix = $1 AND user_id = $3 AND key_part <> $2 AND expires_at > $11
                AND key_part NOT IN (SELECT unnest(string_to_array($14, ',')))),
            candidate AS MATERIALIZED (
              SELECT key_part, marker, row_number() OVER (ORDER BY place) AS place
              FROM unnest(string_to_array($13, ','), $15) WITH ORDINALITY AS given (key_part, marker, place) JOIN live USING (key_part)),
            allowed AS MATERIALIZED (
              SELECT excess FROM (SELECT count(*) + 1 - $12 AS excess FROM live) AS cap
              WHERE excess <= (SELECT count(*) FROM candidate)
                AND NOT EXISTS (SELECT 1 FROM {table} AS t WHERE prefix = $1 AND key_part = $2 AND {occupied})),
            locked AS MATERIALIZED (
              SELECT t.key_part, candidate.marker FROM {table} AS t JOIN candidate USING (key_part), allowed
              WHERE t.prefix = $1 AND t.user_id = $3 AND candidate.place <= allowed.excess ORDER BY t.key_part FOR UPDATE OF t),
            ended AS (
              UPDATE {table} AS t SET {Marked}, expires_at = $11, record = locked.marker FROM locked
              WHERE t.prefix = $1 AND t.key_part = locked.key_part
              RETURNING t.key_part),
            made AS (INSERT INTO {table} AS t ({Columns}) SELECT {Values} FROM allowed {add} RETURNING NULL::text AS key_part)
            SELECT key_part, NULL FROM made UNION ALL SELECT key_part, {ReportOf("key_part")} FROM ended
            """;

        // $1 prefix, $2 key part, $3 now, $4 lineage
        ReadOccupant = $"SELECT record FROM {table} AS t WHERE prefix = $1 AND key_part = $2 AND {OccupiedBy("$3", "$4")}";

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

        // $1 prefix, $2 key part, $3 lineage, $4 now, $5 the marker. It returns the record as it was before.
        MarkEnded = $"""
            WITH old AS MATERIALIZED (
              SELECT record FROM {table} WHERE prefix = $1 AND key_part = $2 AND lineage_hash = $3 AND state <> {Ended} FOR UPDATE),
            marked AS (UPDATE {table} SET {Marked}, expires_at = $4, record = $5 FROM old WHERE prefix = $1 AND key_part = $2)
            SELECT record, {ReportOf("$2")} FROM old
            """;

        // $1 prefix, $2 user id, $3 key parts separated by commas, $4 their markers, $5 now. All calls lock the rows in one order.
        MarkUserEnded = $"""
            WITH given AS MATERIALIZED (SELECT key_part, marker FROM unnest(string_to_array($3, ','), $4) AS list (key_part, marker)),
            old AS MATERIALIZED (
              SELECT t.key_part, t.expires_at FROM {table} AS t JOIN given USING (key_part)
              WHERE t.prefix = $1 AND t.user_id = $2 ORDER BY t.key_part FOR UPDATE OF t),
            marked AS (
              UPDATE {table} AS t SET {Marked}, expires_at = $5, record = given.marker FROM old JOIN given USING (key_part)
              WHERE t.prefix = $1 AND t.key_part = old.key_part)
            SELECT count(*) FILTER (WHERE expires_at > $5), count({ReportOf("key_part")}) FROM old
            """;

        // $1 prefix, $2 now
        EndAll = $"""
            WITH gone AS (
              DELETE FROM {table} WHERE prefix = $1 AND (state <> {Note} OR user_id IS NOT NULL) RETURNING expires_at, state)
            SELECT count(*) FILTER (WHERE expires_at > $2 AND state < {Ended}), {ReportOf("''")} FROM gone
            """;

        // $1 prefix, $2 the time of destruction, $3 batch, $4 the wall clock, which must agree with the server's. A row that somebody
        // writes to is left for the next time. The lock reads the row again, so that a session that was touched meanwhile is spared. The
        // order is that of the index: from the beginning of the table each batch would read what the ones before emptied.
        DeleteExpired = $"""
            WITH server AS MATERIALIZED (SELECT {ServerNow} AS now),
            dead AS MATERIALIZED (
              SELECT key_part FROM {table} AS t, server
              WHERE prefix = $1 AND expires_at <= $2 - {Margin} AND expires_at <= server.now - {Margin} AND abs(server.now - $4) <= {Margin}
              ORDER BY t.expires_at LIMIT $3 FOR UPDATE OF t SKIP LOCKED),
            gone AS (DELETE FROM {table} AS t USING dead WHERE t.prefix = $1 AND t.key_part = dead.key_part RETURNING 1)
            SELECT (SELECT count(*) FROM gone), abs(server.now - $4) > {Margin} FROM server
            """;
    }

    // It is sent when the transaction commits. Whoever listens takes an empty key part for any session of the prefix.
    private static string ReportOf(string keyPart) => $"pg_notify('{Channel}', $1 || ':' || {keyPart})::text";

    // A marker is in the way of its own session only. The clock of this node may be behind that of the one that wrote it.
    private static string OccupiedBy(string now, string lineage) =>
        $"CASE WHEN t.state = {Ended} THEN t.lineage_hash = {lineage} AND t.expires_at > {now} - {Margin} ELSE t.expires_at > {now} END";

    public string Read { get; }

    public string ReadMany { get; }

    public string ReadUser { get; }

    public string Count { get; }

    public string Scan { get; }

    public string CountByState { get; }

    public string Add { get; }

    public string AddUnderCap { get; }

    public string ReadOccupant { get; }

    public string Replace { get; }

    public string ReplaceLocked { get; }

    public string ReadOther { get; }

    public string ReadLocked { get; }

    public string MarkEnded { get; }

    public string MarkUserEnded { get; }

    public string EndAll { get; }

    public string DeleteExpired { get; }
}
