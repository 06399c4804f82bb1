using System.Globalization;

namespace Sact.Session;

/// <summary>The statements. Each one names the prefix. The first column of a read says whether the server is a standby.</summary>
internal sealed class PostgreSqlStatements
{
    private const string EmptyObject = "'{}'";
    private const int Propose = (int)SessionRenewalKind.Propose;
    private const int Promote = (int)SessionRenewalKind.Promote;
    private const int Replace = (int)SessionRenewalKind.Replace;

    public PostgreSqlStatements(string table)
    {
        string columns = string.Join(", ", PostgreSqlRows.Columns);
        string ofRow = string.Join(", ", PostgreSqlRows.Columns.Select(static column => "s." + column));
        string stored = string.Join(", ", PostgreSqlRows.Columns);
        string values = string.Join(", ", PostgreSqlRows.Columns.Select(static (column, i) =>
            string.Create(CultureInfo.InvariantCulture, $"${i + 1}{(column == "fields" ? "::jsonb" : "")}")));
        string replaced = string.Join(", ", PostgreSqlRows.Columns.Skip(2).Select(static column => $"{column} = excluded.{column}"));
        string format = SessionRecord.CurrentFormat.ToString(CultureInfo.InvariantCulture);
        string margin = PostgreSqlRows.Milliseconds(SessionRecord.SkewMargin).ToString(CultureInfo.InvariantCulture);
        const string Clock = "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

        // $1 prefix, $2 key part
        Select = $"""
            SELECT pg_is_in_recovery(), {ofRow} FROM (VALUES (1)) AS one LEFT JOIN {table} AS s ON s.prefix = $1 AND s.key_part = $2
            """;

        // $1 prefix, $2 user id, $3 now
        SelectOfUser = $"""
            SELECT pg_is_in_recovery(), {ofRow}
            FROM (VALUES (1)) AS one LEFT JOIN {table} AS s ON s.prefix = $1 AND s.user_id = $2 AND s.expires_at > $3
            """;

        // $1 prefix, $2 now
        Count = $"SELECT pg_is_in_recovery(), count(*) FROM {table} WHERE prefix = $1 AND expires_at > $2";

        // The record, $25 now. An expired record under the key is replaced. If it is live, nothing happens, and no row is returned.
        string insert = $"ON CONFLICT (prefix, key_part) DO UPDATE SET {replaced} WHERE t.expires_at <= $25 AND t.format <= {format}";
        Insert = $"INSERT INTO {table} AS t ({stored}) VALUES ({values}) {insert} RETURNING true AS made, key_part";

        // In addition: $26 the cap, $27 its policy. $28: a session that was created before it and never presented is ended first. This is
        // SessionCap.ChooseEnded in SQL. If sessions of a newer format fill the cap alone, it returns their number.
        InsertUnderCap = $"""
            WITH mine AS MATERIALIZED (
              SELECT key_part, count(*) OVER () AS number, row_number() OVER (ORDER BY
                CASE WHEN state = {(int)SessionState.Pending} THEN 0 WHEN NOT presented AND created_at < $28 THEN 1 ELSE 2 END,
                CASE WHEN $27 = {(int)SessionCapPolicy.EndOldest} OR NOT presented THEN created_at ELSE last_seen_at END,
                created_at,
                key_part) AS place
              FROM {table} WHERE prefix = $1 AND user_id = $3 AND key_part <> $2 AND expires_at > $25 AND format <= {format}),
            newer AS MATERIALIZED (
              SELECT count(*) AS number FROM {table}
              WHERE prefix = $1 AND user_id = $3 AND key_part <> $2 AND expires_at > $25 AND format > {format}),
            allowed AS MATERIALIZED (
              SELECT number AS newer FROM newer
              WHERE NOT EXISTS (SELECT 1 FROM {table} WHERE prefix = $1 AND key_part = $2 AND (expires_at > $25 OR format > {format}))
                AND number + CASE $27 WHEN {(int)SessionCapPolicy.Refuse} THEN (SELECT count(*) FROM mine) ELSE 0 END < $26),
            ended AS (
              DELETE FROM {table} AS t USING mine, allowed
              WHERE t.prefix = $1 AND t.key_part = mine.key_part AND mine.place <= mine.number + allowed.newer + 1 - $26
              RETURNING t.key_part),
            made AS (
              INSERT INTO {table} AS t ({stored}) SELECT {values} FROM allowed {insert} RETURNING t.key_part)
            SELECT true AS made, key_part, NULL::bigint AS newer FROM made
            UNION ALL SELECT false, key_part, NULL FROM ended
            UNION ALL SELECT false, NULL, number FROM newer WHERE number >= $26
            """;

        Update = UpdateStatement(table, columns, format);

        // $1 prefix, $2 key part, $3 lineage, $4 now
        Delete = $"""
            WITH gone AS (DELETE FROM {table} WHERE prefix = $1 AND key_part = $2 AND lineage_hash = $3 RETURNING expires_at)
            SELECT count(*) FILTER (WHERE expires_at > $4) FROM gone
            """;

        // $1 prefix, $2 user id, $3 the key part to keep or null, $4 now
        DeleteOfUser = $"""
            WITH gone AS (DELETE FROM {table} WHERE prefix = $1 AND user_id = $2 AND ($3 IS NULL OR key_part <> $3) RETURNING expires_at)
            SELECT count(*) FILTER (WHERE expires_at > $4) FROM gone
            """;

        // $1 prefix, $2 now
        DeleteAll = $"""
            WITH gone AS (DELETE FROM {table} WHERE prefix = $1 RETURNING expires_at)
            SELECT count(*) FILTER (WHERE expires_at > $2) FROM gone
            """;

        // $1 prefix, $2 now, $3 batch. A row that somebody writes to is left for the next time. The lock reads the row again, so that a
        // session that was touched meanwhile is spared. The order is that of the index: from the beginning of the table each batch would
        // read what the ones before emptied.
        DeleteExpired = $"""
            WITH server AS MATERIALIZED (SELECT {Clock} AS now),
            dead AS MATERIALIZED (
              SELECT key_part FROM {table} AS t, server
              WHERE prefix = $1 AND expires_at <= $2 - {margin} AND expires_at <= server.now - {margin} AND abs(server.now - $2) <= {margin}
              ORDER BY t.expires_at LIMIT $3 FOR UPDATE OF t SKIP LOCKED),
            gone AS (DELETE FROM {table} AS t USING dead WHERE t.prefix = $1 AND t.key_part = dead.key_part RETURNING 1)
            SELECT (SELECT count(*) FROM gone), abs(server.now - $2) > {margin} FROM server
            """;
    }

    public string Select { get; }

    public string SelectOfUser { get; }

    public string Count { get; }

    public string Insert { get; }

    public string InsertUnderCap { get; }

    public string Update { get; }

    public string Delete { get; }

    public string DeleteOfUser { get; }

    public string DeleteAll { get; }

    public string DeleteExpired { get; }

    /// <summary>
    /// <see cref="SessionRecord.Apply"/> in one statement. Its outcomes are those of <see cref="SessionUpdateStatus"/>, and -1 for a
    /// record that only <see cref="PostgreSqlRows.Read"/> can judge.
    /// </summary>
    /// <remarks>
    /// <para>The row is locked first, which reads it as the last writer left it. Everything else is computed from that reading. So the
    /// change of another writer is never lost, at read committed, without a second round trip.</para>
    /// <para>$1 prefix, $2 key part, $3 lineage, $4 now, $5 fields to set, $6 names to remove, $7 generation, $8 and $9 name and value of
    /// the condition, $10 the most bytes, $11 when seen, $12 by which client, $13 kind of renewal, $14 hash, $15 time, $16 expected
    /// current, $17 expected pending, $18 level, $19 when authenticated, $20 signs in, $21 to $23 lifetimes, $24 persistent. All but the
    /// first four may be null.</para>
    /// </remarks>
    private static string UpdateStatement(string table, string columns, string format) => $"""
        WITH seen AS MATERIALIZED (
          SELECT * FROM {table} WHERE prefix = $1 AND key_part = $2 AND lineage_hash = $3 FOR UPDATE),
        merged AS MATERIALIZED (
          SELECT *, CASE
            WHEN $5 IS NULL AND $6 IS NULL OR jsonb_typeof(fields) <> 'object' THEN fields
            ELSE (fields - ARRAY(SELECT jsonb_array_elements_text(coalesce($6, '[]')::jsonb))) || coalesce($5, {EmptyObject})::jsonb
            END AS fields_then
          FROM seen),
        judged AS MATERIALIZED (
          SELECT *, CASE
            WHEN format > {format} OR jsonb_typeof(fields) <> 'object' OR state NOT BETWEEN 0 AND 2 THEN -1
            WHEN expires_at <= $4 THEN {(int)SessionUpdateStatus.Gone}
            WHEN $7 IS NOT NULL AND generation <> $7
              OR $8 IS NOT NULL AND CASE
                WHEN $9 IS NULL THEN jsonb_exists(fields, $8)
                ELSE convert_to(fields ->> $8, 'UTF8') IS DISTINCT FROM $9 END
              OR $13 IS NOT NULL AND ($16 IS NOT NULL AND current_hash <> $16 OR pending_hash IS DISTINCT FROM $17)
              OR $18 IS NOT NULL AND level > $18
              THEN {(int)SessionUpdateStatus.Conflict}
            WHEN $10 IS NOT NULL AND ($5 IS NOT NULL OR $6 IS NOT NULL) AND {SizeOf("fields_then")} > greatest($10, {SizeOf("fields")})
              THEN {(int)SessionUpdateStatus.TooLarge}
            ELSE {(int)SessionUpdateStatus.Applied} END AS outcome
          FROM merged),
        done AS (
          UPDATE {table} AS t SET
            fields = j.fields_then,
            presented = j.presented OR $11 IS NOT NULL,
            last_seen_at = CASE
              WHEN $11 IS NULL THEN j.last_seen_at
              ELSE least(greatest(j.last_seen_at, $11), j.created_at + j.absolute_ms) END,
            last_seen_client = CASE WHEN $11 IS NULL THEN j.last_seen_client ELSE coalesce($12, j.last_seen_client) END,
            current_hash = CASE WHEN $13 IN ({Promote}, {Replace}) THEN $14 ELSE j.current_hash END,
            pending_hash = CASE $13 WHEN {Propose} THEN $14 WHEN {Promote} THEN NULL WHEN {Replace} THEN NULL ELSE j.pending_hash END,
            pending_since = CASE $13 WHEN {Propose} THEN $15 WHEN {Promote} THEN NULL WHEN {Replace} THEN NULL ELSE j.pending_since END,
            previous_hash = CASE $13 WHEN {Promote} THEN j.current_hash WHEN {Replace} THEN NULL ELSE j.previous_hash END,
            promoted_at = CASE WHEN $13 IN ({Promote}, {Replace}) THEN greatest(j.promoted_at, $15) ELSE j.promoted_at END,
            generation = j.generation + CASE WHEN $13 = {Replace} THEN 1 ELSE 0 END,
            level = coalesce($18, j.level),
            authenticated_at = greatest(j.authenticated_at, $19),
            state = CASE WHEN $20 AND j.state = {(int)SessionState.Pending} THEN {(int)SessionState.SignedIn} ELSE j.state END,
            idle_ms = coalesce($21, j.idle_ms),
            first_use_ms = coalesce($22, j.first_use_ms),
            absolute_ms = coalesce($23, j.absolute_ms),
            persistent = coalesce($24, j.persistent)
          FROM judged AS j
          WHERE t.prefix = $1 AND t.key_part = $2 AND j.outcome = {(int)SessionUpdateStatus.Applied}
          RETURNING {string.Join(", ", PostgreSqlRows.Columns.Select(static column => "t." + column))})
        SELECT {(int)SessionUpdateStatus.Applied} AS outcome, {columns} FROM done
        UNION ALL
        SELECT outcome, {columns} FROM judged WHERE outcome <> {(int)SessionUpdateStatus.Applied}
        """;

    private static string SizeOf(string fields) =>
        $"(SELECT coalesce(sum(octet_length(key) + octet_length(value)), 0) FROM jsonb_each_text({fields}))";
}
