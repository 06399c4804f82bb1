using System.Security.Cryptography;
using Microsoft.AspNetCore.Identity;
using Microsoft.Data.Sqlite;

namespace SactWeb;

/// <summary>Who has an account.</summary>
public sealed class User
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string PasswordHash { get; init; }
}

/// <summary>The users, in a table of the database. Replace it by your own.</summary>
public sealed class Users(string connectionString, IPasswordHasher<User> hasher)
{
    public const int MinPasswordLength = 8;
    public const int MaxPasswordLength = 128;

    // Nobody knows the password of this hash.
    private readonly string _nobodys = hasher.HashPassword(null!, RandomNumberGenerator.GetHexString(64));

    public void CreateTable() => Execute(
        "CREATE TABLE IF NOT EXISTS users (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE, password_hash TEXT NOT NULL)");

    /// <summary>Adds a user; null if the name is taken.</summary>
    public User? Add(string name, string password)
    {
        var user = new User { Id = Guid.CreateVersion7().ToString(), Name = name, PasswordHash = hasher.HashPassword(null!, password) };
        return Execute(
            "INSERT INTO users (id, name, password_hash) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING",
            user.Id, user.Name, user.PasswordHash) == 1 ? user : null;
    }

    public User? Find(string id) => Single("SELECT id, name, password_hash FROM users WHERE id = $1", id);

    /// <summary>
    /// The user of the name, if the password is right. An unknown name takes as long as a wrong password, so that the time tells nothing.
    /// </summary>
    public User? Check(string name, string password)
    {
        var user = Single("SELECT id, name, password_hash FROM users WHERE name = $1", name);
        bool isRight = hasher.VerifyHashedPassword(null!, user?.PasswordHash ?? _nobodys, password) != PasswordVerificationResult.Failed;
        return isRight ? user : null;
    }

    /// <summary>Replaces a password; false if it was changed since the user was read.</summary>
    public bool ReplacePassword(User user, string password) => Execute(
        "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2",
        user.Id, user.PasswordHash, hasher.HashPassword(user, password)) == 1;

    private User? Single(string sql, string value)
    {
        using var connection = new SqliteConnection(connectionString);
        connection.Open();
        using var command = Command(connection, sql, value);
        using var row = command.ExecuteReader();
        return row.Read() ? new User { Id = row.GetString(0), Name = row.GetString(1), PasswordHash = row.GetString(2) } : null;
    }

    private int Execute(string sql, params string[] values)
    {
        using var connection = new SqliteConnection(connectionString);
        connection.Open();
        using var command = Command(connection, sql, values);
        return command.ExecuteNonQuery();
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql, params string[] values)
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
