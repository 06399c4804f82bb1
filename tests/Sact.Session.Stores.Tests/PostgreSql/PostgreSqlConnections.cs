using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using static Sact.Session.Stores.Tests.PostgreSqlStores;

namespace Sact.Session.Stores.Tests;

public sealed class PostgreSqlBadConnectionString
{
    [Theory]
    [InlineData("")]
    [InlineData("Host=db;Password=correct-horse-battery;Port=many")]
    [InlineData("Passwort=correct-horse-battery")]
    [InlineData("Host=db;Password=a;correct-horse-battery;Database=app")]
    [InlineData("Host=db;Password=correct-horse-battery;Ssl Mode=correct-horse-battery")]
    [InlineData("Host=db;Password=correct-horse-battery;Maximum Pool Size=1;Minimum Pool Size=2")]
    [InlineData("postgres://app:correct-horse-battery@db:5432/app")]
    [InlineData("correct-horse-battery")]
    public void IsAnErrorThatNamesTheSettingAndNotThePassword(string connectionString)
    {
        var fault = Assert.Throws<ArgumentException>(() => Open(connectionString));

        Assert.Contains("PostgreSqlStoreOptions.ConnectionString", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(PostgresServer.Password, fault.ToString(), StringComparison.Ordinal);
    }
}

public sealed class PostgreSqlMissingConnectionString
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    public void IsRefusedAtTheCallByAnErrorThatNamesTheStoreAndTheUsualCause(string? connectionString)
    {
        var builder = new ServiceCollection().AddSactSession();

        var fault = Assert.ThrowsAny<ArgumentException>(() => builder.UsePostgreSql(connectionString!));

        Assert.Equal("connectionString", fault.ParamName);
        Assert.Contains("UsePostgreSql", fault.Message, StringComparison.Ordinal);
        Assert.Contains("GetConnectionString", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Host=db;Database=app;Username=app", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void IsWhatATypingErrorInTheNameGives()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("ConnectionStrings:sessions", "Host=db")]).Build();
        var builder = new ServiceCollection().AddSactSession();

        var fault = Assert.Throws<ArgumentNullException>(() => builder.UsePostgreSql(configuration.GetConnectionString("sesions")!));

        Assert.DoesNotContain("Value cannot be null", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void IsRefusedWhereNoDataSourceIsGivenEither()
    {
        var builder = new ServiceCollection().AddSactSession();

        var fault = Assert.Throws<ArgumentNullException>(() => builder.UsePostgreSql((NpgsqlDataSource)null!));

        Assert.Contains("UsePostgreSql", fault.Message, StringComparison.Ordinal);
    }
}

public sealed class PostgreSqlRefusingConnections(SharedPostgres shared)
{
    [Theory]
    [InlineData("Password=correct-horse-battery-2", "password")]
    [InlineData("Database=nowhere", "Database")]
    [InlineData("Port=1", "Port")]
    public async Task AreFaultsThatNameTheSettingAndNotThePassword(string wrong, string named)
    {
        await using var store = Open((await shared.GetAsync()).ConnectionString + ";" + wrong);

        var fault = await Assert.ThrowsAsync<SessionStoreException>(async () => await store.CreateAsync(NewSession(store)));

        Assert.Contains(named, fault.Message, StringComparison.Ordinal);
        Assert.Contains("PostgreSqlStoreOptions.ConnectionString", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(PostgresServer.Password, fault.ToString(), StringComparison.Ordinal);
        Assert.False(fault.OutcomeUnknown);
    }

    [Fact]
    [Trait("abuse", "F3")]
    public async Task PoolExhaustedIsABoundedWaitAndAClearError()
    {
        await using var source = NpgsqlDataSource.Create((await shared.GetAsync()).ConnectionString + ";Maximum Pool Size=1;Timeout=1");
        await using var store = Open("", options => options.DataSource = source);
        var session = NewSession(store);
        await store.CreateAsync(session);
        var since = Stopwatch.StartNew();
        await using (await source.OpenConnectionAsync())
        {
            var fault = await Assert.ThrowsAsync<SessionStoreException>(async () => await store.GetAsync(session.Key));
            Assert.Contains("Maximum Pool Size", fault.Message, StringComparison.Ordinal);
            Assert.InRange(since.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        }

        Assert.NotNull(await store.GetAsync(session.Key));
    }

    [Fact]
    public async Task DataSourceOfTheApplicationIsLeftOpen()
    {
        await using var source = NpgsqlDataSource.Create((await shared.GetAsync()).ConnectionString);
        var store = Open("", options => options.DataSource = source);
        await store.CountActiveSessionsAsync();
        store.Dispose();
        await store.DisposeAsync();

        await using var connection = await source.OpenConnectionAsync();
    }
}

public sealed class PostgreSqlRestart
{
    [Fact]
    [Trait("abuse", "F1")]
    public async Task UnderLoadIsRecoveredFromByItself()
    {
        const int Workers = 8;
        await using var server = await PostgresServer.StartAsync();
        await using var store = Open(server.ConnectionString);
        await store.CountActiveSessionsAsync();
        var warm = new CountdownEvent(Workers);
        var broken = new CountdownEvent(Workers);
        var acknowledged = new System.Collections.Concurrent.ConcurrentBag<SessionRecord>();
        using var end = new CancellationTokenSource();

        async Task WorkAsync()
        {
            bool seen = false, failed = false;
            while (!end.IsCancellationRequested)
            {
                var session = NewSession(store);
                try
                {
                    await store.CreateAsync(session);
                    acknowledged.Add(session);
                    Assert.NotNull(await store.GetAsync(session.Key));
                    if (!seen)
                    {
                        seen = true;
                        warm.Signal();
                    }
                }
                catch (SessionStoreException)
                {
                    if (!failed)
                    {
                        failed = true;
                        broken.Signal();
                    }
                }
            }
        }

        var work = Enumerable.Range(0, Workers).Select(_ => Task.Run(WorkAsync)).ToArray();
        try
        {
            Assert.True(warm.Wait(TimeSpan.FromSeconds(30)), "The workers did not get to work.");
            await server.StopAsync();
            Assert.True(broken.Wait(TimeSpan.FromSeconds(30)), "The workers did not notice that the server was gone.");
            await server.StartAgainAsync();
            int before = acknowledged.Count;
            Assert.True(
                SpinWait.SpinUntil(() => acknowledged.Count > before + Workers, TimeSpan.FromSeconds(30)), "The store did not recover.");
        }
        finally
        {
            // Or the workers would go on for ever, and the run with them.
            await end.CancelAsync();
        }

        await Task.WhenAll(work);

        foreach (var session in acknowledged)
        {
            Assert.NotNull(await store.GetAsync(session.Key));
        }
    }

    [Fact]
    [Trait("abuse", "F1")]
    public async Task IsNotNoticedByAReadOverABrokenConnection()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var store = Open(server.ConnectionString);
        var session = NewSession(store);
        await store.CreateAsync(session);
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => store.GetAsync(session.Key).AsTask()));
        await server.StopAsync();
        await server.StartAgainAsync();

        Assert.NotNull(await store.GetAsync(session.Key));
    }

    [Fact]
    public async Task ServerThatIsDownWhenTheStoreIsMadeIsAFaultUntilItIsUp()
    {
        await using var server = await PostgresServer.StartAsync();
        await server.StopAsync();
        await using var store = Open(server.ConnectionString);
        var session = NewSession(store);
        await Assert.ThrowsAsync<SessionStoreException>(async () => await store.CreateAsync(session));
        await server.StartAgainAsync();

        Assert.Equal(SessionCreationStatus.Created, (await store.CreateAsync(session)).Status);
    }
}
