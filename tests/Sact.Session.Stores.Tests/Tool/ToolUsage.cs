namespace Sact.Session.Stores.Tests;

/// <summary>The command line called in a wrong way, or with a store that is not there.</summary>
public sealed class ToolUsage
{
    private const string Secret = "hunter2-hunter2";

    public static TheoryData<string> WrongCalls =>
    [
        "",
        "remove",
        "count",
        "count --store oracle --prefix app",
        "count --store sqlite",
        "count --store sqlite --prefix Shop.Web",
        "count --store redis --prefix app --table t",
        "count --store sqlite --prefix app --schema s",
        "count --store redis --prefix app --table",
        "list --store redis --prefix app --limit 0",
        "list --store redis --prefix app --limit many",
        "list --store redis --prefix app --state happy",
        "list --store redis --prefix app --created-from yesterday",
        "list --store redis --prefix app --created-from 2026-02-02 --created-before 2026-02-01",
        "show --store redis --prefix app",
        "show no-key --store redis --prefix app",
        "show other:AAAAAAAAAAAAAAAAAAAAAAAA --store redis --prefix app",
        "end --store redis --prefix app",
        "copy --store redis --prefix app",
        "copy --store redis --prefix app --target-store redis --target-table t",
        "end --all --user alice --store redis --prefix app",
        "end --all --actor a\tb --yes --store redis --prefix app",
    ];

    [Theory]
    [MemberData(nameof(WrongCalls))]
    public async Task IsRefusedWithASentenceAndTheCodeTwo(string line)
    {
        string[] arguments = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var run = await ToolRun.Async(arguments, connection: "127.0.0.1:1");

        Assert.Equal(2, run.Code);
        Assert.Matches(@"^sact-session: [A-Z].*\.\n$", run.Error);
        Assert.Empty(run.Out);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    [InlineData("redis")]
    public async Task AMissingConnectionStringIsNamedByItsVariable(string store)
    {
        var run = await ToolRun.Async(["count", "--store", store, "--prefix", "app"]);

        Assert.Equal(2, run.Code);
        Assert.Contains("SACT_SESSION_CONNECTION", run.Error, StringComparison.Ordinal);
    }

    /// <summary>Whoever types a connection string, an id or a password as an argument does not find it in a log afterwards.</summary>
    [Theory]
    [InlineData("count", "--store", "postgresql", "--prefix", "app", "Password=" + Secret)]
    [InlineData("count", "--store", Secret, "--prefix", "app")]
    [InlineData("count", "--store", "redis", "--prefix", "p@" + Secret)]
    [InlineData("count", "--connection", Secret)]
    [InlineData("count", "--password=" + Secret)]
    [InlineData("list", "--limit", Secret)]
    [InlineData("list", "--created-from", Secret)]
    [InlineData("show", Secret, "--store", "redis", "--prefix", "app")]
    [InlineData("show", "a", Secret)]
    [InlineData("@" + Secret)]
    [Trait("abuse", "F7")]
    public async Task NoArgumentIsRepeated(params string[] arguments)
    {
        var run = await ToolRun.Async(arguments, connection: "127.0.0.1:1");

        Assert.Equal(2, run.Code);
        Assert.DoesNotContain(Secret, run.Error + run.Out, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("04/03/2026")]
    [InlineData("12:00")]
    [InlineData("2026-11-30 18:00")]
    public async Task ATimeThatReadersUnderstandDifferentlyIsRefused(string time)
    {
        string[] store = ["--store", "redis", "--prefix", "app"];

        var run = await ToolRun.Async(["end", "--last-seen-before", time, "--yes", .. store], connection: "127.0.0.1:1");

        Assert.Equal(2, run.Code);
        Assert.Contains("--last-seen-before", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2026-11-30")]
    [InlineData("2026-11-30T18:00")]
    [InlineData("2026-11-30T18:00Z")]
    [InlineData("2026-11-30T18:00:00+01:00")]
    [InlineData("2026-11-30T18:00:00.1234567+00:00")]
    public async Task ATimeOfIso8601IsAccepted(string time)
    {
        using var file = new Sqlite.SqliteFile();
        using var store = file.Open();

        var run = await ToolRun.Async(
            ["list", "--last-seen-before", time, "--store", "sqlite", "--prefix", store.Prefix], file.ConnectionString);

        Assert.Equal((0, ""), (run.Code, run.Error));
    }

    [Theory]
    [InlineData("sqlite", "Data Source=/nowhere/app.db;Password=" + Secret, 3)]
    [InlineData("sqlite", "Data Source=/nowhere/app.db;Pasword=" + Secret, 2)]
    [InlineData("sqlite", Secret, 2)]
    [InlineData("postgresql", "Host=127.0.0.1;Port=1;Username=app;Password=" + Secret, 3)]
    [InlineData("postgresql", "Host=127.0.0.1;Pasword=" + Secret, 2)]
    [InlineData("postgresql", "postgres://app:" + Secret + "@127.0.0.1/app", 2)]
    [InlineData("redis", "127.0.0.1:1,password=" + Secret, 3)]
    [InlineData("redis", "127.0.0.1:1,pasword=" + Secret, 2)]
    [InlineData("redis", "redis://app:" + Secret + "@127.0.0.1:1", 3)]
    [Trait("abuse", "F7")]
    public async Task AWrongConnectionStringIsNeverRepeated(string store, string connection, int code)
    {
        foreach (string command in (string[])["count", "check"])
        {
            var run = await ToolRun.Async([command, "--store", store, "--prefix", "app"], connection);

            Assert.Equal(code, run.Code);
            Assert.Matches(@"sact-session: [A-Z].*\.\n$", run.Error);
            Assert.DoesNotContain(Secret, run.Error + run.Out, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task HelpNamesEveryCommandAndTheVariable()
    {
        var run = await ToolRun.Async(["--help"]);

        Assert.Equal(0, run.Code);
        Assert.All(
            (string[])["count", "list", "show", "end", "cleanup", "export", "check", "copy", "SACT_SESSION_CONNECTION"],
            word => Assert.Contains(word, run.Out, StringComparison.Ordinal));
    }

    /// <summary>A wrong path must not become an empty store that looks healthy.</summary>
    [Fact]
    public async Task AFileThatIsNotThereIsNotCreated()
    {
        string folder = Directory.CreateTempSubdirectory("sact-tool-").FullName;
        try
        {
            string path = Path.Combine(folder, "typo.db");
            var missing = await ToolRun.Async(["count", "--store", "sqlite", "--prefix", "app"], $"Data Source={path}");
            Assert.Equal(3, missing.Code);
            Assert.Empty(Directory.EnumerateFiles(folder));

            await File.WriteAllBytesAsync(path, [], TestContext.Current.CancellationToken);
            var empty = await ToolRun.Async(["check", "--store", "sqlite", "--prefix", "app"], $"Data Source={path}");
            Assert.Equal(3, empty.Code);
            Assert.Contains("no table", empty.Error, StringComparison.Ordinal);
            Assert.Equal(0, new FileInfo(path).Length);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
