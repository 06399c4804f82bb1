using Microsoft.Data.Sqlite;

namespace Sact.Session.Stores.Tests.Sqlite;

public sealed class Connections
{
    [Theory]
    [InlineData("Data Source=a.db;Password=hunter2;Nonsense=1")]
    [InlineData("hunter2")]
    [InlineData("Data Source=a.db;Mode=hunter2")]
    [InlineData("")]
    public void AMalformedStringIsRefusedAndNotRepeated(string connectionString)
    {
        var fault = Assert.Throws<ArgumentException>(() => new SqliteStore(new SqliteStoreOptions { ConnectionString = connectionString }));

        Assert.DoesNotContain("hunter2", fault.ToString(), StringComparison.Ordinal);
        Assert.Contains("SqliteStoreOptions.ConnectionString", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void APasswordThatCannotBeUsedIsNotRepeated()
    {
        using var file = new SqliteFile();

        var fault = Assert.Throws<SessionStoreException>(() => file.Open(options => options.ConnectionString += ";Password=hunter2"));

        Assert.DoesNotContain("hunter2", fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OfTheApplicationsOwnStayOpen()
    {
        using var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();
        using (var store = new SqliteStore(new SqliteStoreOptions { Connection = connection }))
        {
            await SqliteFile.SignInAsync(store);
        }

        Assert.Equal(System.Data.ConnectionState.Open, connection.State);
        Assert.Equal(1L, SqliteFile.Run(connection, "SELECT count(*) FROM sact_sessions"));
        using var again = new SqliteStore(new SqliteStoreOptions { Connection = connection });
        Assert.Equal(1, await again.CountActiveSessionsAsync());
    }

    [Fact]
    public async Task OfTheApplicationsOwnKeepATransactionThatItHasOpen()
    {
        using var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();
        using var store = new SqliteStore(new SqliteStoreOptions { Connection = connection });
        SqliteFile.Run(connection, "CREATE TABLE own (a); BEGIN; INSERT INTO own VALUES (1)");

        await Assert.ThrowsAsync<SessionStoreException>(async () => await SqliteFile.SignInAsync(store));

        SqliteFile.Run(connection, "COMMIT");
        Assert.Equal(1L, SqliteFile.Run(connection, "SELECT count(*) FROM own"));
        await SqliteFile.SignInAsync(store);
    }

    [Theory]
    [InlineData(";Cache=Shared")]
    [InlineData(";Cache=Private")]
    [InlineData(";Pooling=True")]
    public async Task OfAnyKindReadWhileAnotherWrites(string more)
    {
        using var file = new SqliteFile();
        var store = file.Open(options => options.ConnectionString += more);
        var twin = file.Open(options => options.ConnectionString += more);
        var session = await SqliteFile.SignInAsync(store);
        using var gate = file.Connect();
        SqliteFile.Run(gate, "BEGIN IMMEDIATE; DELETE FROM sact_sessions");

        Assert.NotNull(await twin.GetAsync(session.Key));
        SqliteFile.Run(gate, "COMMIT");
        Assert.Null(await twin.GetAsync(session.Key));
        Assert.Null(await store.GetAsync(session.Key));
    }

    [Theory]
    [InlineData("Data Source={0};Mode=Memory;Cache=Shared")]
    [InlineData("Data Source=file:{0}?mode=memory&cache=shared")]
    public async Task ToOneDatabaseInMemoryShareIt(string form)
    {
        string connectionString = string.Format(System.Globalization.CultureInfo.InvariantCulture, form, $"mem-{Guid.NewGuid():N}");
        using var store = new SqliteStore(new SqliteStoreOptions { ConnectionString = connectionString });
        using var twin = new SqliteStore(new SqliteStoreOptions { ConnectionString = connectionString });

        var session = await SqliteFile.SignInAsync(store);
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(async () =>
            Assert.Equal(
                SessionUpdateStatus.Applied,
                (await (i % 2 == 0 ? store : twin).UpdateAsync(session, SqliteFile.Field($"f{i}", "1"))).Status))));

        Assert.Equal(40, (await twin.GetAsync(session.Key))!.Fields.Count);
    }

    [Fact]
    public async Task ByRelativePathStayWithTheFileWhenTheFolderChanges()
    {
        using var file = new SqliteFile();
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, file.Path);
        var store = file.Open(options => options.ConnectionString = $"Data Source={relative}");
        var session = await SqliteFile.SignInAsync(store);
        string before = Environment.CurrentDirectory;
        try
        {
            // Tests of this class run one after the other, and no other class asks for the folder.
            Environment.CurrentDirectory = Path.GetTempPath();
            Assert.NotNull(await store.GetAsync(session.Key));
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }
    }

    [Fact]
    [Trait("abuse", "F4")]
    public async Task OfManyStoresAndAProcessMakeTheSchemaAtOnce()
    {
        using var second = new SecondProcess();
        for (int round = 0; round < 5; round++)
        {
            using var file = new SqliteFile();
            var stores = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
                i % 2 == 0 ? (IGenericStore)await second.OpenAsync("sqlite", file.ConnectionString, TimeProvider.System, "session")
                : new SqliteStore(
                    new SqliteStoreOptions { ConnectionString = file.ConnectionString, BusyTimeout = TimeSpan.FromSeconds(30) }))));

            foreach (var store in stores)
            {
                await SqliteFile.SignInAsync(store);
            }

            Assert.Equal(8, await stores[0].CountActiveSessionsAsync());
            foreach (var store in stores)
            {
                (store as IDisposable)?.Dispose();
                await ((store as FarStore)?.CloseAsync() ?? Task.CompletedTask);
            }
        }
    }

    /// <summary>
    /// A connection deletes a log that lies beside an empty file. SQLite reports an I/O error to one that deletes it a moment later.
    /// </summary>
    [Fact]
    [Trait("abuse", "F4")]
    public async Task ThatRemoveTheLogOfAnEmptyFileAtOnceDoNotFail()
    {
        const int Openers = 8;
        for (int round = 0; round < 40; round++)
        {
            using var file = new SqliteFile();
            await File.WriteAllBytesAsync(file.Path, [], TestContext.Current.CancellationToken);
            await File.WriteAllBytesAsync(file.Path + "-wal", new byte[100], TestContext.Current.CancellationToken);
            using var start = new Barrier(Openers);
            var stores = await Task.WhenAll(Enumerable.Range(0, Openers).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    return file.Open(options => options.BusyTimeout = TimeSpan.FromSeconds(30));
                },
                TaskCreationOptions.LongRunning)));
            await SqliteFile.SignInAsync(stores[0]);
            Assert.Equal(1, await stores[^1].CountActiveSessionsAsync());
        }
    }
}
