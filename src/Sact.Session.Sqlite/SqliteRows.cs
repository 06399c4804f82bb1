using Microsoft.Data.Sqlite;

namespace Sact.Session;

/// <summary>Records as rows: the packed bytes, and beside them the few columns by which SQLite finds, counts and compares.</summary>
internal static class SqliteRows
{
    /// <summary>What is in the column of packed records. Whatever else somebody put there is unreadable, and no exception.</summary>
    public static StoredRecord Stored(SessionKey key, SqliteDataReader row, int column) =>
        StoredRecord.Unpack(key, row.GetValue(column) as byte[]);

    /// <summary>Sets every parameter of a new row.</summary>
    public static void Bind(SqliteCommand command, SessionRecord record, byte[] packed)
    {
        Set(command, "$session_key", record.Key.ToString());
        Set(command, "$prefix", record.Key.Prefix);
        Set(command, "$user_id", record.UserId);
        Set(command, "$created_at", record.CreatedAt.ToUnixTimeMilliseconds());
        Set(command, "$lineage", record.LineageHash.ToArray());
        BindState(command, record, packed);
    }

    /// <summary>Sets the parameters of what a change may change.</summary>
    public static void BindState(SqliteCommand command, SessionRecord record, byte[] packed)
    {
        Set(command, "$state", (int)record.State);
        Set(command, "$last_seen_at", record.LastSeenAt.ToUnixTimeMilliseconds());
        Set(command, "$expires_at", record.ExpiresAt.ToUnixTimeMilliseconds());
        Set(command, "$version", record.Version);
        Set(command, "$record", packed);
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
}
