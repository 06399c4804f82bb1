using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Npgsql;
using NpgsqlTypes;

namespace Sact.Session;

/// <summary>
/// Reads and writes records as rows. Instants and spans are milliseconds, hashes are 16 bytes. Parameters are positional, so that Npgsql
/// does not rewrite the statements.
/// </summary>
internal static partial class PostgreSqlRows
{
    /// <summary>
    /// The columns of a record, in the order of <see cref="Read"/> and of <see cref="Add(NpgsqlBatchCommand, SessionRecord)"/>. Every
    /// statement that answers with records selects them.
    /// </summary>
    public static readonly string[] Columns =
    [
        "prefix", "key_part", "user_id", "state", "level", "lineage_hash", "current_hash", "pending_hash", "pending_since", "previous_hash",
        "promoted_at", "generation", "presented", "persistent", "fields", "sign_in_client", "last_seen_client", "created_at",
        "authenticated_at", "last_seen_at", "idle_ms", "first_use_ms", "absolute_ms", "format",
    ];

    /// <summary>Reads a record from the columns after the first, which belongs to the statement.</summary>
    /// <exception cref="SessionStoreException">The record has a newer format.</exception>
    /// <exception cref="FormatException">The row is not a valid record.</exception>
    public static SessionRecord Read(NpgsqlDataReader row)
    {
        try
        {
            int format = row.GetInt32(24);
            if (format > SessionRecord.CurrentFormat)
            {
                throw new SessionStoreException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"A session has format {format}, and this package reads up to {SessionRecord.CurrentFormat}. Update Sact.Session."));
            }

            var record = new SessionRecord
            {
                Key = Key(row),
                UserId = row.IsDBNull(3) ? null : row.GetString(3),
                State = (SessionState)row.GetInt32(4),
                AssuranceLevel = row.GetInt32(5),
                LineageHash = Hash(row, 6),
                CurrentHash = Hash(row, 7),
                PendingHash = row.IsDBNull(8) ? null : Hash(row, 8),
                PendingSince = Instant(row, 9),
                PreviousHash = row.IsDBNull(10) ? null : Hash(row, 10),
                LastPromotedAt = Instant(row, 11),
                Generation = row.GetInt32(12),
                Presented = row.GetBoolean(13),
                IsPersistent = row.GetBoolean(14),
                Fields = PostgreSqlFields.Read(row.GetFieldValue<byte[]>(15)),
                SignInClient = Client(row, 16),
                LastSeenClient = Client(row, 17),
                CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(18)),
                AuthenticatedAt = Instant(row, 19),
                LastSeenAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(20)),
                Lifetimes = new SessionLifetimes(Span(row, 21), Span(row, 22), Span(row, 23)),
                Format = format,
            };
            return SessionRecord.Validate(record) is { } fault ? throw new FormatException(fault) : record;
        }
        catch (Exception fault) when (
            fault is ArgumentException or InvalidCastException or OverflowException or JsonException or InvalidOperationException)
        {
            throw new FormatException("The row is not a valid session record.", fault);
        }
    }

    public static SessionKey Key(NpgsqlDataReader row) => SessionKey.Parse(row.GetString(1) + ":" + row.GetString(2));

    /// <summary>Adds all columns of a record, $1 to $24.</summary>
    public static NpgsqlBatchCommand Add(this NpgsqlBatchCommand command, SessionRecord record) => command
        .Add(record.Key.Prefix)
        .Add(record.Key.KeyPart)
        .Add(record.UserId)
        .Add((int)record.State)
        .Add(record.AssuranceLevel)
        .Add(record.LineageHash.ToArray())
        .Add(record.CurrentHash.ToArray())
        .Add(record.PendingHash?.ToArray())
        .Add(record.PendingSince?.ToUnixTimeMilliseconds())
        .Add(record.PreviousHash?.ToArray())
        .Add(record.LastPromotedAt?.ToUnixTimeMilliseconds())
        .Add(record.Generation)
        .Add(record.Presented)
        .Add(record.IsPersistent)
        .Add(PostgreSqlFields.Write(record.Fields))
        .Add(Write(record.SignInClient))
        .Add(Write(record.LastSeenClient))
        .Add(record.CreatedAt.ToUnixTimeMilliseconds())
        .Add(record.AuthenticatedAt?.ToUnixTimeMilliseconds())
        .Add(record.LastSeenAt.ToUnixTimeMilliseconds())
        .Add(Milliseconds(record.Lifetimes.IdleTimeout))
        .Add(Milliseconds(record.Lifetimes.FirstUseTimeout))
        .Add(Milliseconds(record.Lifetimes.AbsoluteTimeout))
        .Add(record.Format);

    public static NpgsqlBatchCommand Add(this NpgsqlBatchCommand command, string? value) => command.Add(NpgsqlDbType.Text, value);

    public static NpgsqlBatchCommand Add(this NpgsqlBatchCommand command, int? value) => command.Add(NpgsqlDbType.Integer, value);

    public static NpgsqlBatchCommand Add(this NpgsqlBatchCommand command, long? value) => command.Add(NpgsqlDbType.Bigint, value);

    public static NpgsqlBatchCommand Add(this NpgsqlBatchCommand command, bool? value) => command.Add(NpgsqlDbType.Boolean, value);

    public static NpgsqlBatchCommand Add(this NpgsqlBatchCommand command, byte[]? value) => command.Add(NpgsqlDbType.Bytea, value);

    public static string? Write(SessionClient? client) =>
        client is null ? null : JsonSerializer.Serialize(client, ClientJson.Default.SessionClient);

    public static long Milliseconds(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMillisecond;

    private static NpgsqlBatchCommand Add(this NpgsqlBatchCommand command, NpgsqlDbType type, object? value)
    {
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = type, Value = value ?? DBNull.Value });
        return command;
    }

    private static SecretHash Hash(NpgsqlDataReader row, int column) => new(row.GetFieldValue<byte[]>(column));

    private static TimeSpan Span(NpgsqlDataReader row, int column) => TimeSpan.FromMilliseconds(row.GetInt64(column));

    private static DateTimeOffset? Instant(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));

    private static SessionClient? Client(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : JsonSerializer.Deserialize(row.GetString(column), ClientJson.Default.SessionClient);

    [JsonSerializable(typeof(SessionClient))]
    private sealed partial class ClientJson : JsonSerializerContext;
}
