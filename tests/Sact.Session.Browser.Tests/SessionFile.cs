using Microsoft.Data.Sqlite;
using Sact.Session.Stores;

namespace Sact.Session.Browser.Tests;

/// <summary>The SQLite file of a sample, from outside: no test waits until a session is old.</summary>
internal static class SessionFile
{
    /// <summary>Rewrites the sessions of a user, each with the columns that the store keeps beside the record.</summary>
    public static async Task RewriteAsync(string file, string userId, Func<SessionRecord, SessionRecord> rewrite)
    {
        await using var connection = await OpenAsync(file);
        await using var select = connection.CreateCommand();
        select.CommandText = "SELECT session_key, record FROM sact_sessions WHERE user_id = $user_id";
        select.Parameters.AddWithValue("$user_id", userId);
        var records = new List<SessionRecord>();
        await using (var rows = await select.ExecuteReaderAsync())
        {
            while (await rows.ReadAsync())
            {
                records.Add(rewrite(SessionRecord.Unpack(SessionKey.Parse(rows.GetString(0)), rows.GetFieldValue<byte[]>(1))));
            }
        }

        Assert.NotEmpty(records);
        foreach (var record in records)
        {
            await using var update = connection.CreateCommand();
            update.CommandText = """
                UPDATE sact_sessions SET created_at = $created_at, last_seen_at = $last_seen_at, expires_at = $expires_at, record = $record
                WHERE session_key = $session_key
                """;
            update.Parameters.AddWithValue("$created_at", record.CreatedAt.ToUnixTimeMilliseconds());
            update.Parameters.AddWithValue("$last_seen_at", record.LastSeenAt.ToUnixTimeMilliseconds());
            update.Parameters.AddWithValue("$expires_at", record.ExpiresAt.ToUnixTimeMilliseconds());
            update.Parameters.AddWithValue("$record", record.Pack());
            update.Parameters.AddWithValue("$session_key", record.Key.ToString());
            await update.ExecuteNonQueryAsync();
        }
    }

    public static async Task<SqliteConnection> OpenAsync(string file)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        await connection.OpenAsync();
        return connection;
    }
}
