using Microsoft.Data.Sqlite;

namespace Accounts.Users;

/// <summary>
/// The users' table. Not asynchronous, because SQLite is not: the file is on this machine, and an answer takes microseconds.
/// </summary>
internal sealed class UserStore(string connectionString)
{
    public void CreateTable() => Execute("""
        PRAGMA journal_mode = WAL;
        CREATE TABLE IF NOT EXISTS users
        (
            id            TEXT PRIMARY KEY,
            name          TEXT NOT NULL UNIQUE COLLATE NOCASE,
            display_name  TEXT NOT NULL,
            password_hash TEXT NOT NULL,
            created_at    INTEGER NOT NULL
        ) STRICT
        """);

    public User? Find(string id) => Single("SELECT id, name, display_name, password_hash, created_at FROM users WHERE id = $1", id);

    public User? FindByName(string name) =>
        Single("SELECT id, name, display_name, password_hash, created_at FROM users WHERE name = $1", name);

    /// <returns>False if the name is taken.</returns>
    public bool TryAdd(User user) => Execute(
        "INSERT INTO users (id, name, display_name, password_hash, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO NOTHING",
        user.Id, user.Name, user.DisplayName, user.PasswordHash, user.CreatedAt.ToUnixTimeMilliseconds()) == 1;

    public void SetDisplayName(string id, string displayName) =>
        Execute("UPDATE users SET display_name = $2 WHERE id = $1", id, displayName);

    /// <returns>False if the password has been changed, or the account deleted, since <paramref name="user"/> was read.</returns>
    public bool TryReplacePassword(User user, string passwordHash) =>
        Execute("UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2", user.Id, user.PasswordHash, passwordHash) == 1;

    public void Delete(string id) => Execute("DELETE FROM users WHERE id = $1", id);

    private User? Single(string sql, params object[] values)
    {
        using var connection = Open();
        using var command = Command(connection, sql, values);
        using var row = command.ExecuteReader();
        return row.Read()
            ? new User
            {
                Id = row.GetString(0),
                Name = row.GetString(1),
                DisplayName = row.GetString(2),
                PasswordHash = row.GetString(3),
                CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(4)),
            }
            : null;
    }

    private int Execute(string sql, params object[] values)
    {
        using var connection = Open();
        using var command = Command(connection, sql, values);
        return command.ExecuteNonQuery();
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(connectionString);
        connection.Open();
        return connection;
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql, object[] values)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        for (int i = 0; i < values.Length; i++)
        {
            command.Parameters.AddWithValue($"${i + 1}", values[i]);
        }

        return command;
    }
}
