using Microsoft.Data.Sqlite;

namespace Sact.Session.Stores.Tests.Sqlite;

/// <summary>
/// An SQLite file in a folder of its own, or a database in memory; everything is gone with the subject. With a second process every other
/// store is opened there.
/// </summary>
internal sealed class SqliteSubject(bool inMemory, SecondProcess? second = null) : StoreContractSubject
{
    private readonly List<SqliteStore> _stores = [];
    private readonly List<FarStore> _farStores = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("sact-sqlite-").FullName;

    /// <summary>A store in memory is alone with its database.</summary>
    public override bool SharesData => !inMemory;

    private string ConnectionString => inMemory ? "Data Source=:memory:" : $"Data Source={Path.Combine(_folder, "app.db")}";

    public override async ValueTask<IGenericStore> OpenAsync(TimeProvider clock, string prefix, CancellationToken cancellationToken)
    {
        if (second is not null && _stores.Count > _farStores.Count)
        {
            var far = await second.OpenAsync("sqlite", ConnectionString, clock, prefix);
            _farStores.Add(far);
            return far;
        }

        var store = new SqliteStore(
            new SqliteStoreOptions
            {
                ConnectionString = ConnectionString,
                TimeProvider = clock,
                Prefix = prefix,
                BusyTimeout = TimeSpan.FromSeconds(30),
            });
        lock (_stores)
        {
            _stores.Add(store);
        }

        return store;
    }

    public override ValueTask<bool> PlantGarbageAsync(SessionRecord session, CancellationToken cancellationToken) =>
        new(!inMemory && Run("UPDATE sact_sessions SET record = x'7b22' WHERE session_key = $key", session.Key) == 1);

    public override ValueTask<bool> PlantNewerFormatAsync(SessionRecord session, CancellationToken cancellationToken) =>
        new(
            !inMemory
                && Run(
                    "UPDATE sact_sessions SET record = $record WHERE session_key = $key",
                    session.Key,
                    (session with { Format = SessionRecord.CurrentFormat + 1 }).Pack()) == 1);

    public override ValueTask<bool?> ExistsPhysicallyAsync(SessionKey key, CancellationToken cancellationToken) =>
        new(inMemory ? null : Run("UPDATE sact_sessions SET state = state WHERE session_key = $key", key) == 1);

    public override async ValueTask DisposeAsync()
    {
        foreach (var far in _farStores)
        {
            await far.CloseAsync();
        }

        _stores.ForEach(store => store.Dispose());
        Directory.Delete(_folder, recursive: true);
        await base.DisposeAsync();
    }

    private int Run(string sql, SessionKey key, byte[]? record = null)
    {
        using var connection = new SqliteConnection(ConnectionString + ";Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA busy_timeout = 30000; " + sql;
        command.Parameters.AddWithValue("$key", key.ToString());
        if (record is not null)
        {
            command.Parameters.AddWithValue("$record", record);
        }

        return command.ExecuteNonQuery();
    }
}
