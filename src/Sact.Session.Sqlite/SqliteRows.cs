using Microsoft.Data.Sqlite;

namespace Sact.Session;

/// <summary>Records as rows: the packed bytes, and beside them the few columns by which SQLite finds, counts and compares.</summary>
internal static class SqliteRows
{
    /// <summary>What is in the column of packed records. Whatever else somebody put there is unreadable, and no exception.</summary>
    public static StoredRecord Stored(this SqliteDataReader row, SessionKey key, int column) =>
        StoredRecord.Unpack(key, row.GetValue(column) as byte[]);

    /// <summary>Runs a statement that answers at most one record.</summary>
    public static StoredRecord RunForRecord(this SqliteCommand command, SessionKey key)
    {
        using var rows = command.ExecuteReader();
        return rows.Read() ? rows.Stored(key, 0) : default;
    }

    /// <summary>Sets every parameter of a new row.</summary>
    public static SqliteCommand SetRow(this SqliteCommand command, SessionRecord record, byte[] packed) => command
        .Set("$session_key", record.Key.ToString())
        .Set("$prefix", record.Key.Prefix)
        .Set("$user_id", record.UserId)
        .Set("$created_at", record.CreatedAt.ToUnixTimeMilliseconds())
        .Set("$lineage", record.LineageHash.ToArray())
        .SetState(record, packed);

    /// <summary>Sets the parameters of what a change may change.</summary>
    public static SqliteCommand SetState(this SqliteCommand command, SessionRecord record, byte[] packed) => command
        .Set("$state", (int)record.State)
        .Set("$last_seen_at", record.LastSeenAt.ToUnixTimeMilliseconds())
        .Set("$expires_at", record.ExpiresAt.ToUnixTimeMilliseconds())
        .Set("$version", record.Version)
        .Set("$record", packed);

    /// <summary>Sets the parameters of a marker.</summary>
    public static SqliteCommand SetMarker(this SqliteCommand command, EndedMarker marker, byte[] packed) => command
        .Set("$session_key", marker.Key.ToString())
        .Set("$state", EndedMarker.StateNumber)
        .Set("$expires_at", marker.EndedAt.ToUnixTimeMilliseconds())
        .Set("$version", marker.Version)
        .Set("$record", packed);

    public static SqliteCommand Set(this SqliteCommand command, string name, object? value)
    {
        if (command.Parameters.Contains(name))
        {
            command.Parameters[name].Value = value ?? DBNull.Value;
        }
        else
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }

        return command;
    }
}
