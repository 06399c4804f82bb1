using System.Text;
using System.Text.Json;

namespace Sact.Session.Stores.Tests;

/// <summary>The commands over each store.</summary>
public sealed class ToolCommands(SharedPostgres postgres, SharedRedis redis)
{
    private const string Metadata = "the-cart-of-alice";

    public static TheoryData<string> Kinds => ToolPlace.Kinds;

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task CountsByState(string kind)
    {
        await using var place = await PlaceAsync(kind);
        await place.SignInAsync("alice");
        await place.SignInAsync("bob");
        await place.SignInAsync("bob", record => record with { State = SessionState.Pending });
        await place.Store.CreateAsync(PostgreSqlStores.NewSession(place.Store, null));

        var plain = await place.RunAsync("count");
        Assert.Equal(["signed-in 2", "pending   1", "anonymous 1", "total     4"], plain.Lines);

        var json = JsonDocument.Parse((await place.RunAsync("count", "--json")).Out).RootElement;
        Assert.Equal(4, json.GetProperty("total").GetInt32());
        Assert.Equal(2, json.GetProperty("signedIn").GetInt32());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task ListsEverySessionOncePageByPage(string kind)
    {
        await using var place = await PlaceAsync(kind);
        var keys = new HashSet<string>();
        for (int i = 0; i < 23; i++)
        {
            keys.Add((await place.SignInAsync($"user-{i}")).Key.ToString());
        }

        var found = new List<string>();
        string? next = null;
        int pages = 0;
        do
        {
            string[] after = next is null ? [] : ["--after", next];
            var json = JsonDocument.Parse((await place.RunAsync(["list", "--json", "--limit", "7", .. after])).Out).RootElement;
            string[] some = [.. json.GetProperty("sessions").EnumerateArray().Select(s => s.GetProperty("key").GetString()!)];
            Assert.InRange(some.Length, 0, 7);
            found.AddRange(some);
            next = json.GetProperty("next").GetString();
            Assert.InRange(++pages, 1, 1000);
        }
        while (next is not null);

        Assert.True(pages >= 4, $"{pages} pages");

        // SCAN of Redis may return a session twice.
        Assert.Equal(keys.Order(), (kind == "redis" ? found.Distinct() : found).Order());
        Assert.Equal(keys.Order(), (await place.RunAsync("list", "--limit", "1000")).Lines.Select(line => line.Split(' ')[0]).Order());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task ListsWhatMeetsTheConditions(string kind)
    {
        await using var place = await PlaceAsync(kind);
        var wanted = await place.SignInAsync("alice", record => record with
        {
            SignInClient = new SessionClient("Firefox/1", "203.0.113.7"),
        });
        await place.SignInAsync("alice", record => record with { SignInClient = new SessionClient("Chrome/1", "203.0.113.8") });
        await place.SignInAsync("bob", record => record with { State = SessionState.Pending });

        string only = Assert.Single((await place.RunAsync("list", "--address", "203.0.113.7", "--user-agent", "firefox")).Lines);
        Assert.StartsWith(wanted.Key.ToString(), only, StringComparison.Ordinal);
        Assert.EndsWith("alice  203.0.113.7  Firefox/1", only, StringComparison.Ordinal);
        Assert.Equal(2, (await place.RunAsync("list", "--user", "alice")).Lines.Length);
        Assert.Single((await place.RunAsync("list", "--state", "pending")).Lines);
        Assert.Empty((await place.RunAsync("list", "--created-before", "2020-01-01")).Lines);
        Assert.Equal(2, (await place.RunAsync("list", "--user", "alice", "--after", "bm90LWEtY3Vyc29y")).Code);
    }

    /// <summary>A User-Agent comes from anybody. Its escape sequences would write to the terminal of the operator.</summary>
    [Fact]
    public async Task NoControlCharacterReachesTheTerminal()
    {
        await using var place = await PlaceAsync("sqlite");
        var session = await place.SignInAsync("al\u202eice", record => record with
        {
            SignInClient = new SessionClient("\u001b[2J\u009b31m\u2028evil", "203.0.113.7"),
        });

        foreach (var run in (ToolRun[])[await place.RunAsync("list"), await place.RunAsync("show", session.Key.ToString())])
        {
            Assert.Contains("evil", run.Out, StringComparison.Ordinal);
            Assert.DoesNotContain(run.Out, character => character != '\n' && char.IsControl(character));
            Assert.DoesNotContain(run.Out, character => character is '\u202e' or '\u2028');
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task ShowsASessionAndThenWhyItEnded(string kind)
    {
        await using var place = await PlaceAsync(kind);
        var session = await place.SignInAsync("alice");
        string key = session.Key.ToString();

        var live = await place.RunAsync("show", key);
        Assert.Equal(0, live.Code);
        Assert.Contains("alice", live.Out, StringComparison.Ordinal);

        await place.Store.EndAsync(session, SessionEndReason.CredentialsChanged);
        var ended = JsonDocument.Parse((await place.RunAsync("show", key, "--json")).Out).RootElement;
        Assert.Equal(JsonValueKind.Null, ended.GetProperty("session").ValueKind);
        Assert.Equal("CredentialsChanged", ended.GetProperty("endReason").GetString());

        string unknown = $"{place.Prefix}:{new string('A', 24)}";
        Assert.Equal(1, (await place.RunAsync("show", unknown)).Code);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task EndsASessionAUserAMatchAndAll(string kind)
    {
        await using var place = await PlaceAsync(kind);
        var one = await place.SignInAsync("alice");
        var two = await place.SignInAsync("alice");
        var three = await place.SignInAsync("bob", record => record with { SignInClient = new SessionClient("x", "203.0.113.7") });
        var four = await place.SignInAsync("carol");
        var five = await place.SignInAsync("dave");

        Assert.Equal("Ended 1 session.\n", (await place.RunAsync("end", one.Key.ToString(), "--yes")).Out);
        Assert.Equal((false, true), (await place.IsLiveAsync(one), await place.IsLiveAsync(two)));
        Assert.Equal(1, (await place.RunAsync("end", one.Key.ToString(), "--yes")).Code);

        var user = await place.RunAsync("end", "--user", "alice", "--yes", "--actor", "ticket 4711");
        Assert.Equal("Ended 1 session.\n", user.Out);
        Assert.Contains("ticket 4711", user.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("alice", user.Error, StringComparison.Ordinal);
        Assert.Equal((false, true), (await place.IsLiveAsync(two), await place.IsLiveAsync(three)));

        var nobody = await place.RunAsync("end", "--user", "mallory", "--yes");
        Assert.Equal((1, "Ended 0 sessions.\n"), (nobody.Code, nobody.Out));

        var matching = await place.RunAsync("end", "--address", "203.0.113.7", "--yes");
        Assert.Equal("Ended 1 session.\n", matching.Out);
        Assert.Contains("sact-session run by operator", matching.Error, StringComparison.Ordinal);
        Assert.Equal((false, true), (await place.IsLiveAsync(three), await place.IsLiveAsync(four)));
        Assert.Equal(SessionEndReason.Administrator, (await place.Store.FindAsync(three.Key)).Ended?.Reason);

        Assert.Equal("Ended 2 sessions.\n", (await place.RunAsync("end", "--all", "--yes")).Out);
        Assert.Equal((false, false), (await place.IsLiveAsync(four), await place.IsLiveAsync(five)));
    }

    [Theory]
    [InlineData("no", 1, true)]
    [InlineData("", 1, true)]
    [InlineData("y", 1, true)]
    [InlineData("yes", 0, false)]
    [InlineData(null, 2, true)]
    public async Task EndsOnlyWhatIsConfirmed(string? answer, int code, bool lives)
    {
        await using var place = await PlaceAsync("sqlite");
        foreach (string which in (string[])["key", "--user alice", "--all"])
        {
            var session = await place.SignInAsync("alice");
            var run = await place.RunAsync(answer, ["end", .. which == "key" ? [session.Key.ToString()] : which.Split(' ')]);

            Assert.Equal(code, run.Code);
            Assert.Equal(lives, await place.IsLiveAsync(session));
            Assert.True(answer is null || run.Error.Contains("This ends", StringComparison.Ordinal), run.Error);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task CleansUpWhatHasExpired(string kind)
    {
        await using var place = await PlaceAsync(kind);
        var live = await place.SignInAsync("alice");
        for (int i = 0; i < 5; i++)
        {
            await place.Store.CreateAsync(PostgreSqlStores.Expired(place.Store));
        }

        var run = await place.RunAsync("cleanup");

        Assert.Equal(0, run.Code);
        Assert.Equal(
            kind == "redis" ? "This store removes expired sessions by itself. There is nothing to do.\n" : "Destroyed 5 expired records.\n",
            run.Out);
        Assert.True(await place.IsLiveAsync(live));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    [Trait("abuse", "F7")]
    public async Task ExportsLinesWithoutHashesSecretsAndMetadata(string kind)
    {
        await using var place = await PlaceAsync(kind);
        var session = await place.SignInAsync("alice", record => record with
        {
            Fields = SessionFields.Create([new("cart", Encoding.UTF8.GetBytes($"\"{Metadata}\""))])
                .Merge(SessionFields.Restore([new("$~claims", "\"sealed-secret\""u8.ToArray())])),
        });
        await place.SignInAsync("bob");

        var plain = await place.RunAsync("export");
        Assert.Equal(2, plain.Lines.Length);
        var line = JsonDocument.Parse(plain.Lines.Single(line => line.Contains("alice", StringComparison.Ordinal))).RootElement;
        Assert.Equal(
            [
                "key", "userId", "state", "assuranceLevel", "isPersistent", "createdAt", "authenticatedAt", "lastSeenAt", "expiresAt",
                "signInClient", "lastSeenClient",
            ],
            line.EnumerateObject().Select(property => property.Name));
        Assert.Equal(session.Key.ToString(), line.GetProperty("key").GetString());
        Assert.DoesNotContain(Metadata, plain.Out, StringComparison.Ordinal);

        var full = await place.RunAsync("export", "--metadata", "--user", "alice");
        var metadata = JsonDocument.Parse(Assert.Single(full.Lines)).RootElement.GetProperty("metadata");
        Assert.Equal(Metadata, metadata.GetProperty("cart").GetString());
        Assert.Equal(["cart"], metadata.EnumerateObject().Select(property => property.Name));

        foreach (byte[] hash in (byte[][])[session.LineageHash.ToArray(), session.CurrentHash.ToArray()])
        {
            Assert.DoesNotContain(Convert.ToBase64String(hash), full.Out, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToHexString(hash), full.Out, StringComparison.OrdinalIgnoreCase);
        }

        Assert.DoesNotContain("sealed-secret", full.Out + plain.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ExportsOneLineForEachSessionWhateverItsMetadataContains()
    {
        await using var place = await PlaceAsync("sqlite");
        const string Value = "{\n  \"n\": 1,\n  \"text\": \"\u009b2J\u2028\u202e\"\n}";
        await place.SignInAsync("alice", record => record with
        {
            Fields = SessionFields.Restore([new("cart", Encoding.UTF8.GetBytes(Value))]),
        });

        var export = await place.RunAsync("export", "--metadata");

        string line = Assert.Single(export.Lines);
        Assert.DoesNotContain(line, static character => character > '~');
        var cart = JsonDocument.Parse(line).RootElement.GetProperty("metadata").GetProperty("cart");
        Assert.Equal(1, cart.GetProperty("n").GetInt32());
        Assert.Equal("\u009b2J\u2028\u202e", cart.GetProperty("text").GetString());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task CheckFindsASessionThatIsNotListedForItsUser(string kind)
    {
        await using var place = await PlaceAsync(kind);
        await place.SignInAsync("alice");
        var lost = await place.SignInAsync("alice");
        var alone = await place.SignInAsync("bob");
        var before = await CheckAsync(place);
        Assert.DoesNotContain("not listed", before.Out, StringComparison.Ordinal);
        Assert.Contains("\"sessions_read\": \"3\"", before.Out, StringComparison.Ordinal);

        await place.UnlistAsync(lost);
        await place.UnlistAsync(alone);
        var after = await CheckAsync(place);

        Assert.Equal(1, after.Code);
        string[] problems = [.. JsonDocument.Parse(after.Out).RootElement.GetProperty("problems").EnumerateArray()
            .Select(problem => problem.GetString()!).Where(problem => problem.Contains("not listed", StringComparison.Ordinal))];
        Assert.Equal(2, problems.Length);
        Assert.All((SessionRecord[])[lost, alone], session =>
            Assert.Contains(problems, problem => problem.Contains(session.Key.ToString(), StringComparison.Ordinal)));
        Assert.DoesNotContain("alice", after.Out + after.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CheckFindsAHealthyStoreAndAnotherSchema()
    {
        await using var place = await PlaceAsync("postgresql");
        await place.SignInAsync("alice");
        var healthy = await place.RunAsync("check");
        Assert.Equal(0, healthy.Code);
        Assert.EndsWith("The store is healthy.\n", healthy.Out, StringComparison.Ordinal);
        Assert.Contains("clock_difference_seconds", healthy.Out, StringComparison.Ordinal);

        string table = PostgreSqlStores.NewTable();
        var server = await postgres.GetAsync();
        await server.RunAsync($"CREATE TABLE {table} (a int); COMMENT ON TABLE {table} IS 'Sact.Session schema 99'");
        var other = await place.RunAsync("check", "--table", table);
        Assert.Equal(3, other.Code);
        Assert.Contains("Sact.Session schema 99", other.Error, StringComparison.Ordinal);
    }

    private Task<ToolPlace> PlaceAsync(string kind) => ToolPlace.CreateAsync(kind, postgres, redis);

    private static async Task<ToolRun> CheckAsync(ToolPlace place) => await place.RunAsync("check", "--json");
}
