using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Sact.Session.Stores.Tests;

/// <summary>The command <c>copy</c>, while an application uses both stores.</summary>
public sealed partial class CopyingSessions(SharedPostgres postgres, SharedRedis redis)
{
    private const int Few = 200;
    private const int Many = 100_000;

    // So many that the process cannot be through before it is killed.
    private const int ToBeKilled = 2000;

    public static TheoryData<string, string, bool> Ways => new()
    {
        { "sqlite", "postgresql", false },
        { "redis", "postgresql", true },
        { "postgresql", "redis", true },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    [Trait("abuse", "D12")]
    public Task UnderLoadLosesAndRevivesNone(string source, string target, bool move) => UnderLoadAsync(source, target, move, Few);

    /// <summary>On demand, because it takes minutes: SACT_LARGE=1.</summary>
    [Theory]
    [InlineData("sqlite", "postgresql", true)]
    [InlineData("redis", "postgresql", true)]
    public Task OfAHundredThousandUnderLoadLosesAndRevivesNone(string source, string target, bool move)
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("SACT_LARGE") == "1", "It copies 100,000 sessions. Set SACT_LARGE=1.");
        return UnderLoadAsync(source, target, move, Many);
    }

    /// <summary>The process is killed, as by a power cut, and the copy is started again.</summary>
    [Fact]
    [Trait("abuse", "F10")]
    public async Task KilledInTheMiddleAndStartedAgainIsComplete()
    {
        await using var from = await ToolPlace.CreateAsync("sqlite", postgres, redis);
        await using var to = await ToolPlace.CreateAsync("postgresql", postgres, redis, from.Prefix);
        await using var load = new CopyLoad(from, to);
        await load.FillAsync(ToBeKilled);
        await load.RunAsync(0, 3);

        using var process = Start(from, to);
        while (await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (Progress().IsMatch(line))
            {
                process.Kill();
                break;
            }
        }

        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        long copied = await to.Store.CountActiveSessionsAsync(TestContext.Current.CancellationToken);
        Assert.InRange(copied, 1, load.Live - 1);
        await load.RunAsync(1, 3);

        var again = await CopyAsync(from, to, move: true);

        Assert.Equal((0, ""), (again.Code, NoProgress(again.Error)));
        Assert.Equal((0, 0, 0), await load.CompareAsync());
        Assert.Equal(load.Live, await to.Store.CountActiveSessionsAsync(TestContext.Current.CancellationToken));
        Assert.Equal(0, await from.Store.CountActiveSessionsAsync(TestContext.Current.CancellationToken));
        Assert.Contains("copied              0\n", (await CopyAsync(from, to, move: true)).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutMoveLeavesTheSourceAsItIs()
    {
        await using var from = await ToolPlace.CreateAsync("redis", postgres, redis);
        await using var to = await ToolPlace.CreateAsync("sqlite", postgres, redis, from.Prefix);
        var session = await from.SignInAsync("alice", record => record with
        {
            Fields = SessionFields.Create([new("a", "1"u8.ToArray())]),
            SignInClient = new SessionClient("x", "203.0.113.7"),
        });
        await from.SignInAsync("alice");

        var first = await CopyAsync(from, to, move: false);
        var second = await CopyAsync(from, to, move: false);

        Assert.Equal("copied              2\nat target before    0\nended meanwhile     0\n", first.Out);
        Assert.Equal("copied              0\nat target before    2\nended meanwhile     0\n", second.Out);
        Assert.Equal(2, await from.Store.CountActiveSessionsAsync(TestContext.Current.CancellationToken));
        var copy = await to.Store.GetAsync(session.Key, TestContext.Current.CancellationToken);
        Assert.Equal((await from.Store.GetAsync(session.Key, TestContext.Current.CancellationToken))!.Pack(), copy!.Pack());
        Assert.Equal(2, (await PostgreSqlStores.ListAsync(to.Store)).Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AgainLeavesOutAndNamesWhatWasChangedAtTheSourceAlone(bool move)
    {
        await using var from = await ToolPlace.CreateAsync("sqlite", postgres, redis);
        await using var to = await ToolPlace.CreateAsync("postgresql", postgres, redis, from.Prefix);
        var changed = await from.SignInAsync("alice");
        var other = await from.SignInAsync("bob");
        await CopyAsync(from, to, move: false);
        await from.Store.UpdateAsync(changed, PostgreSqlStores.Set("theme", "\"dark\""));

        var again = await CopyAsync(from, to, move);

        Assert.Equal(1, again.Code);
        Assert.Contains($"a newer state of the session {changed.Key} than the new one", again.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(other.Key.ToString(), again.Error, StringComparison.Ordinal);
        Assert.True(await from.IsLiveAsync(changed));
        Assert.Equal(!move, await from.IsLiveAsync(other));
        Assert.Empty((await to.Store.GetAsync(changed.Key))!.Fields);
    }

    [Fact]
    public async Task CopiesASessionThatHasExpiredAtTheTargetOnly()
    {
        await using var from = await ToolPlace.CreateAsync("sqlite", postgres, redis);
        await using var to = await ToolPlace.CreateAsync("postgresql", postgres, redis, from.Prefix);
        var session = await from.SignInAsync("alice");
        var expired = session with { LastSeenAt = session.LastSeenAt - TimeSpan.FromDays(300) };
        await to.Store.CreateAsync(expired with { CreatedAt = expired.LastSeenAt });
        Assert.False(await to.IsLiveAsync(session));

        var run = await CopyAsync(from, to, move: false);

        Assert.Equal(0, run.Code);
        Assert.True(await to.IsLiveAsync(session));
    }

    /// <summary>A session keeps the routing tag with which it began, and Redis finds the sessions of a user by it.</summary>
    [Fact]
    public async Task LeavesOutAndNamesWhatRedisRefuses()
    {
        const string RoutingKey = "a newer routing key";
        await using var from = await ToolPlace.CreateAsync("sqlite", postgres, redis, routingKey: RoutingKey);
        await using var to = await ToolPlace.CreateAsync("redis", postgres, redis, from.Prefix, RoutingKey);
        var before = new MemoryStore(new MemoryStoreOptions { Prefix = from.Prefix });
        var old = PostgreSqlStores.NewSession(before, "alice");
        await from.Store.CreateAsync(old);
        var newer = await from.SignInAsync("alice");

        var run = await CopyAsync(from, to, move: true);

        Assert.Equal(1, run.Code);
        Assert.Contains($"refuses the session {old.Key}.", run.Error, StringComparison.Ordinal);
        Assert.Equal((true, false), (await from.IsLiveAsync(old), await to.IsLiveAsync(old)));
        Assert.Equal((false, true), (await from.IsLiveAsync(newer), await to.IsLiveAsync(newer)));
    }

    [Fact]
    public async Task OfAPrefixWithoutSessionsIsNoSuccess()
    {
        await using var from = await ToolPlace.CreateAsync("sqlite", postgres, redis);
        await using var to = await ToolPlace.CreateAsync("postgresql", postgres, redis, from.Prefix);

        var run = await CopyAsync(from, to, move: true);

        Assert.Equal(1, run.Code);
        Assert.Contains("check --prefix", run.Error, StringComparison.Ordinal);
    }

    /// <summary>An identity provider must be able to end a session in the new store too.</summary>
    [Fact]
    public async Task TakesTheAliasesAlong()
    {
        await using var from = await ToolPlace.CreateAsync("sqlite", postgres, redis);
        await using var to = await ToolPlace.CreateAsync("postgresql", postgres, redis, from.Prefix);
        const string Name = "$alias:hash-of-a-provider-session";
        var session = await from.SignInAsync("alice", record => record with
        {
            Fields = SessionFields.Restore([new("$aliases", System.Text.Encoding.UTF8.GetBytes($"[\"{Name}\"]"))]),
        });
        var alias = await from.SignInAsync(Name, record => record with
        {
            State = SessionState.Note,
            Fields = SessionFields.Restore([new("$session", System.Text.Encoding.UTF8.GetBytes($"\"{session.Key}\""))]),
        });

        await CopyAsync(from, to, move: false);

        Assert.Equal(alias.Key, Assert.Single(await PostgreSqlStores.ListAsync(to.Store, Name)).Key);
    }

    [Fact]
    public async Task IsConfirmedFirst()
    {
        await using var from = await ToolPlace.CreateAsync("sqlite", postgres, redis);
        await using var to = await ToolPlace.CreateAsync("postgresql", postgres, redis, from.Prefix);
        await from.SignInAsync("alice");

        Assert.Equal(2, (await ToolRun.Async(Arguments(from, to), from.ConnectionString, to.ConnectionString)).Code);
        var no = await ToolRun.Async(Arguments(from, to), from.ConnectionString, to.ConnectionString, answer: "no");
        Assert.Equal(1, no.Code);
        Assert.Contains("Every node of the application must use both stores", no.Error, StringComparison.Ordinal);
        Assert.Equal(0, await to.Store.CountActiveSessionsAsync(TestContext.Current.CancellationToken));
        var yes = await ToolRun.Async(Arguments(from, to), from.ConnectionString, to.ConnectionString, answer: "yes");
        Assert.Equal(0, yes.Code);
        Assert.Equal(1, await to.Store.CountActiveSessionsAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Of one store that is named twice, each session would end as soon as the "other" one had it.</summary>
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    [InlineData("redis")]
    public async Task OntoItselfIsRefused(string kind)
    {
        await using var place = await ToolPlace.CreateAsync(kind, postgres, redis);
        var session = await place.SignInAsync("alice");

        var run = await CopyAsync(place, place, move: true);

        Assert.Equal(3, run.Code);
        Assert.Contains("keep the same records", run.Error, StringComparison.Ordinal);
        Assert.True(await place.IsLiveAsync(session));
    }

    [Fact]
    [Trait("abuse", "F7")]
    public async Task NeverRepeatsTheConnectionStringOfTheTarget()
    {
        await using var from = await ToolPlace.CreateAsync("sqlite", postgres, redis);
        string[] arguments = ["copy", "--store", "sqlite", "--prefix", from.Prefix, "--target-store", "postgresql", "--yes"];

        var missing = await ToolRun.Async(arguments, from.ConnectionString);
        var down = await ToolRun.Async(arguments, from.ConnectionString, "Host=127.0.0.1;Port=1;Username=app;Password=hunter2-hunter2");

        Assert.Equal((2, 3), (missing.Code, down.Code));
        Assert.Contains("SACT_SESSION_TARGET_CONNECTION", missing.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", down.Error + down.Out, StringComparison.Ordinal);
    }

    private async Task UnderLoadAsync(string source, string target, bool move, int count)
    {
        await using var from = await ToolPlace.CreateAsync(source, postgres, redis);
        await using var to = await ToolPlace.CreateAsync(target, postgres, redis, from.Prefix);
        await using var load = new CopyLoad(from, to);
        var watch = Stopwatch.StartNew();
        await load.FillAsync(count);
        var filled = watch.Elapsed;

        // A part of the sessions before the copy, and a part while it runs. The first copy is stopped in the middle.
        await load.RunAsync(0, 4);
        using var stop = new CancellationTokenSource();
        var stopped = CopyAsync(from, to, move, stop.Token);
        await load.RunAsync(1, 4);
        await stop.CancelAsync();
        Assert.Contains((await stopped).Code, (int[])[0, 1]);
        watch.Restart();
        var copying = CopyAsync(from, to, move);
        await load.RunAsync(2, 4);
        var run = await copying;
        var copied = watch.Elapsed;
        await load.RunAsync(3, 4);

        Assert.Equal((0, ""), (run.Code, NoProgress(run.Error)));
        Assert.Equal((0, 0, 0), await load.CompareAsync());
        Assert.Equal(load.Live, await to.Store.CountActiveSessionsAsync(TestContext.Current.CancellationToken));
        if (move)
        {
            Assert.Equal(0, await from.Store.CountActiveSessionsAsync(TestContext.Current.CancellationToken));
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{source} to {target}{(move ? ", move" : "")}: {count} sessions, filled in {filled.TotalSeconds:0.0} s, "
            + $"last copy {copied.TotalSeconds:0.0} s, {load.Live} live, {load.Ended} ended. {run.Out.ReplaceLineEndings("; ")}");
    }

    private static Task<ToolRun> CopyAsync(ToolPlace from, ToolPlace to, bool move, CancellationToken stop = default) => ToolRun.Async(
        [.. Arguments(from, to), "--yes", .. move ? ["--move"] : (string[])[]],
        from.ConnectionString,
        to.ConnectionString,
        from.RoutingKey,
        cancellationToken: stop);

    private static string[] Arguments(ToolPlace from, ToolPlace to) =>
        ["copy", "--store", from.Kind, "--prefix", from.Prefix, "--target-store", to.Kind];

    private static Process Start(ToolPlace from, ToolPlace to)
    {
        string tool = Path.Combine(AppContext.BaseDirectory, "Sact.Session.Tool.dll");
        var start = new ProcessStartInfo("dotnet", [tool, .. Arguments(from, to), "--yes", "--move"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        start.Environment["SACT_SESSION_CONNECTION"] = from.ConnectionString;
        start.Environment["SACT_SESSION_TARGET_CONNECTION"] = to.ConnectionString;
        return Process.Start(start)!;
    }

    private static string NoProgress(string error) => Progress().Replace(error, "").Trim();

    [GeneratedRegex(@"Copied sessions: \d+ of \d+\n?")]
    private static partial Regex Progress();
}
