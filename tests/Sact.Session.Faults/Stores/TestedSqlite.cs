using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Sact.Session.Faults;

/// <summary>A file that both application processes use.</summary>
internal sealed class TestedSqlite : TestedStore
{
    private const int PageSize = 4096;

    private readonly string _folder = Directory.CreateTempSubdirectory("sact-faults-").FullName;

    public override string Name => "sqlite";

    public override string Connection => $"Data Source={Database}";

    public override bool HasDisk => true;

    private string Database => Path.Combine(_folder, "app.db");

    public override Task StartAsync(int seed) => Task.CompletedTask;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    protected override IEnumerable<Fault> OwnFaults(Applications applications, BrowserLoad load)
    {
        if (OperatingSystem.IsLinux())
        {
            yield return new Fault("full disk", context => FillDiskAsync(context, applications), IsQuick: true);
        }

        yield return new Fault("locked by another program", LockAsync, IsQuick: true);
        yield return new Fault("read-only", context => MakeReadOnlyAsync(context, applications, load));
        yield return new Fault("corrupt file", context => CorruptAsync(context, applications, load), IsDoubtful: true);
    }

    // The kernel refuses both processes every write to a file, as a full disk does.
    private static async Task FillDiskAsync(FaultContext context, Applications applications)
    {
        var processes = applications.Ids;
        await Task.WhenAll(processes.Select(id => LimitFilesAsync(id, "1:unlimited")));
        await context.HoldAsync();
        await Task.WhenAll(processes.Select(id => LimitFilesAsync(id, "unlimited:unlimited")));
    }

    private static async Task LimitFilesAsync(int process, string limit)
    {
        string[] arguments = ["--pid", process.ToString(CultureInfo.InvariantCulture), $"--fsize={limit}"];
        using var command = Process.Start("prlimit", arguments)!;
        await command.WaitForExitAsync();
        Assert.True(command.ExitCode == 0, "prlimit could not limit the files of an application process.");
    }

    private async Task LockAsync(FaultContext context)
    {
        await using var connection = new SqliteConnection(Connection + ";Pooling=False;Default Timeout=30");
        await connection.OpenAsync();
        Execute(connection, "BEGIN IMMEDIATE");
        await context.HoldAsync();
        Execute(connection, "ROLLBACK");
    }

    private async Task MakeReadOnlyAsync(FaultContext context, Applications applications, BrowserLoad load)
    {
        await ReopenAsync(applications, load, Connection + ";Mode=ReadOnly");
        await context.HoldAsync();
        await ReopenAsync(applications, load);
    }

    /// <summary>Damages pages of the file, lets the processes work with it, and puts a backup in its place.</summary>
    private async Task CorruptAsync(FaultContext context, Applications applications, BrowserLoad load)
    {
        var backup = new Dictionary<string, byte[]>();
        await ReopenAsync(applications, load, whileClosed: () =>
        {
            foreach (string file in Directory.GetFiles(_folder))
            {
                backup[file] = File.ReadAllBytes(file);
            }

            Damage(context.Random);
        });
        await context.HoldAsync();
        await ReopenAsync(applications, load, whileClosed: () =>
        {
            foreach (string file in Directory.GetFiles(_folder))
            {
                File.Delete(file);
            }

            foreach (var (file, bytes) in backup)
            {
                File.WriteAllBytes(file, bytes);
            }
        });
        await using var connection = new SqliteConnection(Connection + ";Pooling=False");
        await connection.OpenAsync();
        Assert.True(Execute(connection, "PRAGMA integrity_check") is "ok", "The backup was not whole.");
    }

    // Not the first page, which has the schema: a file that cannot be opened at all would prove less.
    private void Damage(Random random)
    {
        byte[] bytes = File.ReadAllBytes(Database);
        for (int page = PageSize; page + PageSize <= bytes.Length; page += PageSize)
        {
            if (random.Next(3) == 0)
            {
                int begin = random.Next(PageSize);
                random.NextBytes(bytes.AsSpan(page + begin, random.Next(1, PageSize - begin + 1)));
            }
        }

        File.WriteAllBytes(Database, bytes);
    }

    private static async Task ReopenAsync(
        Applications applications, BrowserLoad load, string? connection = null, Action? whileClosed = null)
    {
        await load.PauseAsync();
        await applications.CloseAsync();
        whileClosed?.Invoke();
        await applications.OpenAgainAsync(connection);
        load.Resume();
    }

    private static object? Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The statements are constants.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command.ExecuteScalar();
    }
}
