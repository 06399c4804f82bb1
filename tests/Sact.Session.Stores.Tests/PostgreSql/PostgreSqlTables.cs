using static Sact.Session.Stores.Tests.PostgreSqlStores;

namespace Sact.Session.Stores.Tests;

public sealed class PostgreSqlTable(SharedPostgres shared)
{
    [Fact]
    [Trait("abuse", "F4")]
    public async Task IsMadeByManyStoresAtOnce()
    {
        var server = await shared.GetAsync();
        string schema = NewTable(), table = "Sessions_" + NewTable();
        var stores = Enumerable.Range(0, 16).Select(_ => Open(server.ConnectionString, options =>
        {
            options.Schema = schema;
            options.Table = table;
            options.Prefix = "app";
        })).ToArray();

        await Task.WhenAll(stores.Select(store => Task.Run(async () => await store.CreateAsync(NewSession(store)))));

        Assert.Equal(16, await stores[0].CountActiveSessionsAsync());
        Assert.Equal(16L, await server.ScalarAsync($"SELECT count(*) FROM \"{schema}\".\"{table}\""));
        Array.ForEach(stores, store => store.Dispose());
    }

    [Fact]
    [Trait("abuse", "F4")]
    public async Task ThatIsMissingAndNotToBeMadeIsRefused()
    {
        var fault = await RefusedAsync(options => options.CreateSchema = false);

        Assert.Contains("PostgreSqlStoreOptions.CreateSchema", fault, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("abuse", "F4")]
    public async Task ThatTheReadmeMakesIsTheStoresOwn()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Sact.Session.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests run outside the repository.");
        }

        string readme = await File.ReadAllTextAsync(Path.Combine(folder.FullName, "src", "Sact.Session.PostgreSql", "README.md"));
        string statements = readme.Split("```sql")[1].Split("```")[0];
        var server = await shared.GetAsync();
        string byHand = NewTable(), byStore = NewTable();
        await server.RunAsync(statements.Replace("sact_sessions", byHand, StringComparison.Ordinal));
        foreach (var (table, create) in new[] { (byHand, false), (byStore, true) })
        {
            await using var store = Open(server.ConnectionString, options => (options.Table, options.CreateSchema) = (table, create));
            await store.CreateAsync(NewSession(store));
        }

        async Task<string> ShapeAsync(string table) => ((string)(await server.ScalarAsync($"""
            SELECT concat_ws(E'\n',
              (SELECT string_agg(
                 concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull, attcollation, pg_get_expr(adbin, adrelid)),
                 E'\n' ORDER BY attnum)
               FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
               WHERE attrelid = '{table}'::regclass AND attnum > 0),
              (SELECT string_agg(indexdef, E'\n' ORDER BY indexdef) FROM pg_indexes WHERE tablename = '{table}'),
              (SELECT reloptions::text FROM pg_class WHERE oid = '{table}'::regclass),
              obj_description('{table}'::regclass, 'pg_class'))
            """))!).Replace(table, "sact_sessions", StringComparison.Ordinal);

        Assert.Equal(await ShapeAsync(byHand), await ShapeAsync(byStore));
    }

    [Fact]
    [Trait("abuse", "F4")]
    public async Task OfAnotherShapeIsRefused()
    {
        string table = NewTable();
        await (await shared.GetAsync()).RunAsync($"""
            CREATE TABLE {table}
              (version bigint, created_at bigint, last_seen_at bigint, expires_at bigint, state smallint, prefix bytea)
            """);

        string fault = await RefusedAsync(options => options.Table = table);

        Assert.Contains("'prefix text'", fault, StringComparison.Ordinal);
        Assert.Contains("PostgreSqlStoreOptions.Table", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "drop the table")]
    [InlineData(3, "update the package")]
    [Trait("abuse", "F4")]
    public async Task OfAnotherSchemaIsRefused(int version, string whatToDo)
    {
        var server = await shared.GetAsync();
        string table = NewTable();
        await using (var store = Open(server.ConnectionString, options => options.Table = table))
        {
            await store.CountActiveSessionsAsync();
        }

        await server.RunAsync($"COMMENT ON TABLE {table} IS 'Sact.Session schema {version}'");

        string fault = await RefusedAsync(options => options.Table = table);

        Assert.Contains($"'Sact.Session schema {version}'", fault, StringComparison.Ordinal);
        Assert.Contains(whatToDo, fault, StringComparison.Ordinal);
        Assert.Contains("PostgreSqlStoreOptions.Table", fault, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("abuse", "F4")]
    public async Task ThatWasDroppedIsAFaultAndMadeAgainByTheNextCall()
    {
        var server = await shared.GetAsync();
        string table = NewTable();
        await using var store = Open(server.ConnectionString, options => options.Table = table);
        await store.CountActiveSessionsAsync();
        await server.RunAsync($"DROP TABLE {table}");

        await Assert.ThrowsAsync<SessionStoreException>(async () => await store.CountActiveSessionsAsync());

        Assert.Equal(0, await store.CountActiveSessionsAsync());
    }

    [Theory]
    [InlineData("sessions; DROP TABLE users", "public")]
    [InlineData("sact_sessions", "a\"b")]
    [InlineData("", "public")]
    [InlineData("a2345678901234567890123456789012345678901234567890_", "public")]
    public void NameThatIsNoneIsRefused(string table, string schema)
    {
        var fault = Assert.Throws<ArgumentException>(() => Open("Host=db", options => (options.Table, options.Schema) = (table, schema)));

        Assert.Contains("PostgreSqlStoreOptions.", fault.Message, StringComparison.Ordinal);
    }

    private async Task<string> RefusedAsync(Action<PostgreSqlStoreOptions> configure)
    {
        await using var store = Open((await shared.GetAsync()).ConnectionString, options =>
        {
            options.Table = NewTable();
            configure(options);
        });
        return (await Assert.ThrowsAsync<SessionStoreException>(async () => await store.CountActiveSessionsAsync())).Message;
    }
}

public sealed class PostgreSqlServerSettings(SharedPostgres shared)
{
    [Theory]
    [InlineData("read\\ committed")]
    [InlineData("repeatable\\ read")]
    [InlineData("serializable")]
    [Trait("abuse", "D11")]
    public async Task OfTheIsolationLevelDoNotSoftenTheCap(string level)
    {
        const int Cap = 5;
        await using var store = Open((await shared.GetAsync()).ConnectionString + ";Options=-c default_transaction_isolation=" + level);

        await Task.WhenAll(
            Enumerable.Range(0, 32).Select(
                _ => Task.Run(
                    async () =>
                        Assert.Equal(
                            SessionCreationStatus.Created, (await store.CreateAsync(NewSession(store), new SessionCap(Cap))).Status))));

        Assert.Equal(Cap, (await ListAsync(store)).Count);
    }

    [Fact]
    public async Task OfTheCommitDoNotSoftenAWrite()
    {
        var server = await shared.GetAsync();
        string table = NewTable();
        await using var store = Open(server.ConnectionString + ";Options=-c synchronous_commit=off", options => options.Table = table);
        await store.CountActiveSessionsAsync();
        await server.RunAsync($"""
            CREATE FUNCTION {table}_look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
              IF current_setting('synchronous_commit') <> 'on' THEN RAISE EXCEPTION 'not durable'; END IF;
              RETURN NULL;
            END $$;
            CREATE TRIGGER looks AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {table}_look();
            """);
        var session = NewSession(store);

        Assert.Equal(SessionCreationStatus.Created, (await store.CreateAsync(session)).Status);
        Assert.Equal(SessionUpdateStatus.Applied, (await store.UpdateAsync(session, Set("a", "1"))).Status);
        Assert.True(await store.DeleteAsync(session));
    }
}
