using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Sact.Session.Tool;

/// <summary>Opens the stores of a command. It creates nothing but the table of a target.</summary>
internal sealed class StoreOpener(ToolConsole console, ILoggerFactory logs)
{
    private const string DefaultTable = "sact_sessions";

    /// <summary>Opens a store.</summary>
    /// <exception cref="ToolUsageException">The connection string or a name is missing or malformed.</exception>
    /// <exception cref="SessionStoreException">The file or its table is missing, or cannot be opened.</exception>
    public RecordStore Open(StoreChoice choice)
    {
        string connectionString = console.ConnectionString(choice.Variable);
        try
        {
            return choice.Kind switch
            {
                "sqlite" => OpenSqlite(choice, connectionString),
                "postgresql" => new PostgreSqlStore(Configure(choice, new PostgreSqlStoreOptions
                {
                    ConnectionString = connectionString,
                    Table = choice.Table ?? DefaultTable,
                    Schema = choice.Schema ?? "public",
                    CreateSchema = choice.IsTarget,
                })),
                _ => new RedisStore(Configure(choice, new RedisStoreOptions { Configuration = connectionString })),
            };
        }
        catch (ArgumentException refused)
        {
            // The stores never repeat a part of a connection string in these messages.
            throw new ToolUsageException(
                $"The environment variable {choice.Variable} or a name is wrong. {refused.Message}");
        }
    }

    private TOptions Configure<TOptions>(StoreChoice choice, TOptions options)
        where TOptions : GenericStoreOptions
    {
        options.Prefix = choice.Prefix;
        options.RoutingKey = console.RoutingKey();
        options.TimeProvider = console.Clock;
        options.LoggerFactory = logs;
        return options;
    }

    private SqliteStore OpenSqlite(StoreChoice choice, string connectionString)
    {
        string table = choice.Table ?? DefaultTable;
        connectionString = choice.IsTarget ? connectionString : ThatCreatesNothing(connectionString, table);
        return new SqliteStore(Configure(choice, new SqliteStoreOptions { ConnectionString = connectionString, Table = table }));
    }

    /// <summary>Refuses a file or a table that is not there: a wrong path must not become an empty store that looks healthy.</summary>
    private static string ThatCreatesNothing(string connectionString, string table)
    {
        SqliteConnectionStringBuilder parts;
        try
        {
            parts = new SqliteConnectionStringBuilder(connectionString);
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            // Its message may repeat a part of the string.
            throw new ToolUsageException(
                $"The connection string in {ToolConsole.ConnectionVariable} is malformed. "
                + "An example is \"Data Source=/var/lib/app/app.db\".");
        }

        if (parts.Mode == SqliteOpenMode.ReadWriteCreate)
        {
            parts.Mode = SqliteOpenMode.ReadWrite;
        }

        string probing = new SqliteConnectionStringBuilder(parts.ConnectionString)
        {
            Mode = SqliteOpenMode.ReadOnly,
            Pooling = false,
        }.ConnectionString;
        try
        {
            using var connection = new SqliteConnection(probing);
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = $table COLLATE NOCASE";
            command.Parameters.AddWithValue("$table", table);
            if (command.ExecuteScalar() is 0L)
            {
                throw new SessionStoreException(
                    "The SQLite file has no table of sessions of this name. "
                    + "Check the path in the connection string, and the option --table.");
            }
        }
        catch (SqliteException fault)
        {
            throw new SessionStoreException($"The SQLite file cannot be opened: {SqliteFaults.Explain(fault)}", fault);
        }

        return parts.ConnectionString;
    }
}
