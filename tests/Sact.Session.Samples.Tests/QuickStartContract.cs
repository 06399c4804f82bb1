using System.Net.Http.Json;
using System.Text.Json;

namespace Sact.Session.Samples.Tests;

/// <summary>The HTTP contract of QuickStart, held against the sample as a process: by the runtime, and as the native binary.</summary>
public sealed class QuickStartContract(Samples samples) : IClassFixture<Samples>
{
    [Theory, CombinatorialRuns]
    public async Task SigningInAnswers204AndTheCookie(Run run)
    {
        var alice = await samples.VisitorAsync(run);

        using var response = await alice.SendAsync("POST", "/login", """{"user":"alice","metadata":{"role":"admin"}}""");

        Assert.Equal(204, (int)response.StatusCode);
        string line = Assert.Single(response.Headers.GetValues("Set-Cookie"));
        Assert.Equal($"__Host-sid={alice.Cookie}; path=/; secure; samesite=lax; httponly", line);
        Assert.Equal(56, alice.Cookie!.Length);
    }

    [Theory, CombinatorialRuns]
    public async Task ABadBodyIsAProblemDocument(Run run)
    {
        var visitor = await samples.VisitorAsync(run);
        string[] bodies =
        [
            """{"us""",
            "null",
            "[]",
            """{"metadata":{}}""",
            """{"user":""}""",
            """{"user":"a","metadata":[1]}""",
            """{"user":"a","metadata":{"$claims":1}}""",
            """{"user":"a","metadata":{"a":1,"a":2}}""",
            """{"user":"a","user":"b"}""",
            """{"user":"a","metadata":{"a":"\ud800"}}""",
        ];
        foreach (string body in bodies)
        {
            using var response = await visitor.SendAsync("POST", "/login", body);

            Assert.Equal(400, (int)response.StatusCode);
            Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
            Assert.Null(Visitor.SentCookie(response));
        }
    }

    [Theory, CombinatorialRuns]
    public async Task MeTellsWhoAndWhat(Run run)
    {
        var alice = await SignedInAsync(run);

        var me = await alice.GetJsonAsync("GET", "/me");

        Assert.Equal(
            ["id", "key", "metadata", "createdAt", "lastSeenAt", "expiresAt"], me.EnumerateObject().Select(property => property.Name));
        Assert.Equal("alice", me.GetProperty("id").GetString());
        Assert.Equal("session:" + alice.Cookie![..24], me.GetProperty("key").GetString());
        Assert.Equal("""{"role":"admin"}""", me.GetProperty("metadata").GetRawText());
        Assert.True(me.GetProperty("expiresAt").GetDateTimeOffset() > me.GetProperty("lastSeenAt").GetDateTimeOffset());
    }

    [Theory, CombinatorialRuns]
    public async Task PuttingMergesFieldsAndRefusesBadOnes(Run run)
    {
        var alice = await SignedInAsync(run);

        Assert.Equal(204, await alice.StatusAsync("PUT", "/me", """{"theme":"dark"}"""));
        string big = $$"""{"big":"{{new string('x', 70_000)}}"}""";
        foreach (string body in (string[])["[]", """{"$x":1}""", """{"":1}""", """{"theme":""", big])
        {
            Assert.Equal(400, await alice.StatusAsync("PUT", "/me", body));
        }

        var me = await alice.GetJsonAsync("GET", "/me");
        Assert.Equal("""{"role":"admin","theme":"dark"}""", me.GetProperty("metadata").GetRawText());
    }

    [Theory, CombinatorialRuns]
    public async Task VisitsAreCountedWithoutLosingOne(Run run)
    {
        var alice = await SignedInAsync(run);

        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => alice.StatusAsync("POST", "/me/visits")));
        var visits = await alice.GetJsonAsync("POST", "/me/visits");

        Assert.Equal(101, visits.GetProperty("visits").GetInt32());
    }

    [Theory, CombinatorialRuns]
    public async Task VisitsThatAreNoNumberAre409(Run run)
    {
        var alice = await SignedInAsync(run);
        await alice.StatusAsync("PUT", "/me", """{"visits":"many"}""");

        Assert.Equal(409, await alice.StatusAsync("POST", "/me/visits"));
    }

    [Theory, CombinatorialRuns]
    public async Task RenewingSendsANewCookieUnlessOneWasJustSent(Run run)
    {
        var alice = await SignedInAsync(run);
        string before = alice.Cookie!;

        Assert.Equal(204, await alice.StatusAsync("POST", "/renew"));
        string after = alice.Cookie!;
        Assert.NotEqual(before, after);
        Assert.Equal(before[..32], after[..32]);

        using var again = await alice.SendAsync("POST", "/renew");
        Assert.Equal(204, (int)again.StatusCode);
        Assert.Null(Visitor.SentCookie(again));
        Assert.Equal(200, await alice.StatusAsync("GET", "/me"));
    }

    [Theory, CombinatorialRuns]
    public async Task SigningOutDeletesTheCookieAlways(Run run)
    {
        var alice = await SignedInAsync(run);
        string old = alice.Cookie!;

        using var first = await alice.SendAsync("POST", "/logout");
        using var second = await alice.SendAsync("POST", "/logout");
        Assert.Equal((204, 204), ((int)first.StatusCode, (int)second.StatusCode));
        Assert.Equal(("", ""), (Visitor.SentCookie(first), Visitor.SentCookie(second)));

        alice.Cookie = old;
        Assert.Equal(401, await alice.StatusAsync("GET", "/me"));
    }

    [Theory, CombinatorialRuns]
    public async Task SessionsAreListedAndEnded(Run run)
    {
        string user = $"dora-{Guid.NewGuid()}";
        var here = await SignedInAsync(run, user);
        var there = await SignedInAsync(run, user);
        var elsewhere = await SignedInAsync(run, user);

        var list = await here.GetJsonAsync("GET", "/sessions");
        Assert.Equal(3, list.GetArrayLength());
        Assert.All(
            list.EnumerateArray(),
            device => Assert.Equal(
                ["key", "createdAt", "lastSeenAt", "current"], device.EnumerateObject().Select(property => property.Name)));
        var current = Assert.Single(list.EnumerateArray(), device => device.GetProperty("current").GetBoolean());
        Assert.Equal("session:" + here.Cookie![..24], current.GetProperty("key").GetString());

        Assert.Equal(204, await here.StatusAsync("DELETE", $"/sessions/session:{there.Cookie![..24]}"));
        Assert.Equal(401, await there.StatusAsync("GET", "/me"));
        Assert.Equal(404, await here.StatusAsync("DELETE", $"/sessions/session:{there.Cookie![..24]}"));

        Assert.Equal(204, await here.StatusAsync("DELETE", "/sessions"));
        Assert.Equal(401, await elsewhere.StatusAsync("GET", "/me"));
        Assert.Equal(200, await here.StatusAsync("GET", "/me"));
    }

    [Theory, CombinatorialRuns]
    [Trait("abuse", "C9")]
    [Trait("abuse", "C15")]
    public async Task SomebodyElsesSessionIsA404ThatTellsNothing(Run run)
    {
        var alice = await SignedInAsync(run);
        var mallory = await SignedInAsync(run, "mallory");
        using var theirs = await mallory.SendAsync("DELETE", $"/sessions/session:{alice.Cookie![..24]}");
        using var nobodys = await mallory.SendAsync("DELETE", $"/sessions/session:{new string('A', 24)}");

        Assert.Equal((404, 404), ((int)theirs.StatusCode, (int)nobodys.StatusCode));
        foreach (string key in (string[])["user_id:alice", "session:user_id:alice", "other:" + alice.Cookie![..24], alice.Cookie!])
        {
            Assert.Equal(404, await mallory.StatusAsync("DELETE", "/sessions/" + key));
        }

        Assert.Equal(200, await alice.StatusAsync("GET", "/me"));
    }

    [Theory, CombinatorialRuns]
    [Trait("abuse", "A1")]
    [Trait("abuse", "A2")]
    public async Task WhoIsNotSignedInGets401AndNoCookie(Run run)
    {
        var alice = await SignedInAsync(run);
        var visitor = await samples.VisitorAsync(run);
        string id = alice.Cookie!;
        (string, string)[] requests =
        [
            ("GET", "/me"),
            ("PUT", "/me"),
            ("POST", "/me/visits"),
            ("POST", "/renew"),
            ("GET", "/sessions"),
            ("DELETE", "/sessions"),
            ("DELETE", "/sessions/x"),
        ];
        foreach (string? cookie in (string?[])[null, "", "x", new string('A', 56), id[..55], id + "=", id[..24] + new string('A', 32)])
        {
            foreach (var (method, path) in requests)
            {
                visitor.Cookie = cookie;
                using var response = await visitor.SendAsync(method, path, method == "PUT" ? "{}" : null);

                Assert.Equal(401, (int)response.StatusCode);
                Assert.Null(Visitor.SentCookie(response));
            }
        }

        Assert.Equal(200, await alice.StatusAsync("GET", "/me"));
    }

    [Theory]
    [InlineData("shoebox")]
    [InlineData("postgres")]
    [InlineData("redis")]
    public async Task AStoreThatIsUnknownOrLacksItsConnectionIsAnsweredWithWhatIsPossible(string store)
    {
        var start = SampleProcess.Start(Run.Runtime, "--store", store);
        start.RedirectStandardError = true;
        using var process = System.Diagnostics.Process.Start(start)!;

        string said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Equal(2, process.ExitCode);
        Assert.Contains($"'{store}'", said, StringComparison.Ordinal);
        foreach (string possible in (string[])[
            "--store memory", "--store sqlite --connection", "--store postgres --connection", "--store redis --connection"])
        {
            Assert.Contains(possible, said, StringComparison.Ordinal);
        }
    }

    [Theory, CombinatorialRuns]
    public async Task ThePublicPageAsksForNoSession(Run run)
    {
        var alice = await SignedInAsync(run);

        using var response = await alice.SendAsync("GET", "/public");

        Assert.Equal(200, (int)response.StatusCode);
        Assert.False(response.Headers.Contains("Set-Cookie"));
        Assert.False(response.Headers.Contains("Vary"));
        Assert.Equal(JsonValueKind.Object, (await response.Content.ReadFromJsonAsync<JsonElement>()).ValueKind);
    }

    private async Task<Visitor> SignedInAsync(Run run, string user = "alice")
    {
        var visitor = await samples.VisitorAsync(run);
        Assert.Equal(204, await visitor.StatusAsync("POST", "/login", $$$"""{"user":"{{{user}}}","metadata":{"role":"admin"}}"""));
        return visitor;
    }
}

/// <summary>Runs a theory on every run of the sample.</summary>
public sealed class CombinatorialRunsAttribute : Xunit.v3.DataAttribute
{
    public override ValueTask<IReadOnlyCollection<Xunit.ITheoryDataRow>> GetData(
        System.Reflection.MethodInfo testMethod, Xunit.Sdk.DisposalTracker disposalTracker) =>
        new([.. Enum.GetValues<Run>().Select(run => new TheoryDataRow<Run>(run))]);

    public override bool SupportsDiscoveryEnumeration() => true;
}
