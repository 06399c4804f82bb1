using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Data.Sqlite;

namespace Sact.Session;

/// <summary>Records as rows: instants and spans are milliseconds, hashes are 16 bytes, and fields are one JSON object.</summary>
internal static partial class SqliteRows
{
    /// <exception cref="FormatException">The row is unreadable.</exception>
    public static SessionRecord Read(SqliteDataReader row)
    {
        try
        {
            var clients = row.IsDBNull(15) ? null : JsonSerializer.Deserialize(row.GetString(15), ClientJson.Default.Clients);
            var record = new SessionRecord
            {
                Key = SessionKey.Parse(row.GetString(0)),
                UserId = row.IsDBNull(2) ? null : row.GetString(2),
                State = (SessionState)row.GetInt32(3),
                AssuranceLevel = row.GetInt32(4),
                LineageHash = Hash(row, 5),
                CurrentHash = Hash(row, 6),
                PendingHash = row.IsDBNull(7) ? null : Hash(row, 7),
                PendingSince = Instant(row, 8),
                PreviousHash = row.IsDBNull(9) ? null : Hash(row, 9),
                LastPromotedAt = Instant(row, 10),
                Generation = row.GetInt32(11),
                Presented = row.GetBoolean(12),
                IsPersistent = row.GetBoolean(13),
                Fields = SessionFields.RestoreJson((byte[])row.GetValue(14)),
                SignInClient = clients?.SignIn,
                LastSeenClient = clients?.LastSeen,
                CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(16)),
                AuthenticatedAt = Instant(row, 17),
                LastSeenAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(18)),
                Lifetimes = new SessionLifetimes(Span(row, 19), Span(row, 20), Span(row, 21)),
                Format = row.GetInt32(23),
            };
            return SessionRecord.Validate(record) is { } fault ? throw new FormatException(fault) : record;
        }
        catch (Exception fault) when (
            fault is ArgumentException or InvalidCastException or OverflowException or JsonException or InvalidOperationException)
        {
            throw new FormatException("The row is not a session record.", fault);
        }
    }

    /// <summary>The record's format; 0 if the column holds no number.</summary>
    public static long Format(SqliteDataReader row) => row.GetValue(23) as long? ?? 0;

    public static void Bind(SqliteCommand command, SessionRecord record)
    {
        Set(command, "$session_key", record.Key.ToString());
        Set(command, "$prefix", record.Key.Prefix);
        Set(command, "$user_id", record.UserId);
        Set(command, "$state", (int)record.State);
        Set(command, "$level", record.AssuranceLevel);
        Set(command, "$lineage", record.LineageHash.ToArray());
        Set(command, "$current", record.CurrentHash.ToArray());
        Set(command, "$pending", record.PendingHash?.ToArray());
        Set(command, "$pending_since", record.PendingSince?.ToUnixTimeMilliseconds());
        Set(command, "$previous", record.PreviousHash?.ToArray());
        Set(command, "$promoted_at", record.LastPromotedAt?.ToUnixTimeMilliseconds());
        Set(command, "$generation", record.Generation);
        Set(command, "$presented", record.Presented);
        Set(command, "$persistent", record.IsPersistent);
        Set(command, "$fields", record.Fields.ToJson());
        Set(command, "$client", record.SignInClient is null && record.LastSeenClient is null
            ? null
            : JsonSerializer.Serialize(new Clients(record.SignInClient, record.LastSeenClient), ClientJson.Default.Clients));
        Set(command, "$created_at", record.CreatedAt.ToUnixTimeMilliseconds());
        Set(command, "$authenticated_at", record.AuthenticatedAt?.ToUnixTimeMilliseconds());
        Set(command, "$last_seen_at", record.LastSeenAt.ToUnixTimeMilliseconds());
        Set(command, "$idle_ms", Milliseconds(record.Lifetimes.IdleTimeout));
        Set(command, "$first_use_ms", Milliseconds(record.Lifetimes.FirstUseTimeout));
        Set(command, "$absolute_ms", Milliseconds(record.Lifetimes.AbsoluteTimeout));
        Set(command, "$expires_at", record.ExpiresAt.ToUnixTimeMilliseconds());
        Set(command, "$format", record.Format);
    }

    public static void Set(SqliteCommand command, string name, object? value)
    {
        if (command.Parameters.Contains(name))
        {
            command.Parameters[name].Value = value ?? DBNull.Value;
        }
        else
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }
    }

    private static long Milliseconds(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMillisecond;

    private static SecretHash Hash(SqliteDataReader row, int column) => new((byte[])row.GetValue(column));

    private static TimeSpan Span(SqliteDataReader row, int column) => TimeSpan.FromMilliseconds(row.GetInt64(column));

    private static DateTimeOffset? Instant(SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));

    internal sealed record Clients(SessionClient? SignIn, SessionClient? LastSeen);

    [JsonSerializable(typeof(Clients))]
    private sealed partial class ClientJson : JsonSerializerContext;
}
