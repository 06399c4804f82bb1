using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;

namespace Sact.Session;

/// <summary>
/// A connection that reads, with its statements. SQLite compiles each of them once, because compiling costs more than the read.
/// </summary>
internal sealed class SqliteReader(SqliteConnection connection) : IDisposable
{
    private readonly SqliteConnection _connection = connection;
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);

    [SuppressMessage("Security", "CA2100:Review SQL queries", Justification = "The statements are constant; every value is a parameter.")]
    public SqliteCommand Command(string sql)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = _connection.CreateCommand();
            command.CommandText = sql;
            _commands.Add(sql, command);
        }

        return command;
    }

    public void Dispose()
    {
        foreach (var command in _commands.Values)
        {
            command.Dispose();
        }

        _connection.Dispose();
    }
}
