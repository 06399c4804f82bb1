using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Sact.Session.Stores.Tests.Sqlite;

/// <summary>The health check over an SQLite file.</summary>
public sealed class SqliteHealth
{
    [Fact]
    public async Task IsHealthyWithItsFigures()
    {
        using var file = new SqliteFile();
        await using var health = new CheckedHealth(_ => file.Open());

        var entry = await health.CheckAsync();

        Assert.Equal(HealthStatus.Healthy, entry.Status);
        Assert.Equal("sqlite", entry.Data["store"]);
        Assert.Equal("wal", entry.Data["journal_mode"]);
        Assert.Equal(2L, entry.Data["synchronous"]);
        Assert.True((long)entry.Data["disk_free_bytes"] > 0);
    }

    [Fact]
    public async Task IsHealthyInMemory()
    {
        await using var health = new CheckedHealth(
            _ => new SqliteStore(new SqliteStoreOptions { ConnectionString = "Data Source=:memory:" }));

        Assert.Equal(HealthStatus.Healthy, (await health.CheckAsync()).Status);
    }

    [Fact]
    public async Task IsUnhealthyOverAReadOnlyFile()
    {
        using var file = new SqliteFile();
        file.Open().Dispose();
        await using var health = new CheckedHealth(
            _ => file.Open(options => options.ConnectionString = file.ConnectionString + ";Mode=ReadOnly"));

        var entry = await health.CheckAsync();

        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.Contains("is read-only, so nobody can sign in or out.", entry.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task IsUnhealthyWithoutTheTableOrTheFile()
    {
        using var file = new SqliteFile();
        await using var health = new CheckedHealth(_ => file.Open());
        Assert.Equal(HealthStatus.Healthy, (await health.CheckAsync()).Status);

        file.Run("ALTER TABLE sact_sessions RENAME TO elsewhere");
        var entry = await health.CheckAsync();
        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.StartsWith("SQLite refused a read: ", entry.Description, StringComparison.Ordinal);

        file.Run("ALTER TABLE elsewhere RENAME TO sact_sessions");
        Assert.Equal(HealthStatus.Healthy, (await health.CheckAsync()).Status);
        File.Delete(file.Path);
        entry = await health.CheckAsync();
        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.Contains("was removed while it was open", entry.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task IsDegradedWhenSomebodyChangesWhatACommitSurvives()
    {
        using var file = new SqliteFile();
        await using var connection = new SqliteConnection(file.ConnectionString + ";Pooling=False");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var health = new CheckedHealth(_ => file.Open(options => options.Connection = connection));
        Assert.Equal(HealthStatus.Healthy, (await health.CheckAsync()).Status);

        SqliteFile.Run(connection, "PRAGMA synchronous = OFF");

        var entry = await health.CheckAsync();
        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.Contains("PRAGMA synchronous", entry.Description, StringComparison.Ordinal);
    }
}
