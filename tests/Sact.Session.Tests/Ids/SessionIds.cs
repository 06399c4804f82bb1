using System.Buffers.Text;

namespace Sact.Session.Tests;

/// <summary>Key part (except the routing tag), lineage and rotor of every id come from the system's random source.</summary>
public sealed class SessionIds
{
    private const int Many = 100_000;
    private const int TagLength = 3;

    // Chi-square with 63 degrees of freedom exceeds this with p < 1e-12, in any position of any test with p < 1e-9.
    private const double TooUneven = 180;

    [Fact]
    [Trait("abuse", "C1")]
    public void NeverRepeatAndAreUniformInEveryPosition()
    {
        var store = new MemoryStore();
        AssertUniform([.. Enumerable.Range(0, Many).Select(_ => store.CreateSessionId())], from: 0);
    }

    [Fact]
    [Trait("abuse", "C1")]
    public void IdsOfOneUserShareTheRoutingTagAndNothingElse()
    {
        var store = new MemoryStore();
        string[] ids = [.. Enumerable.Range(0, Many).Select(_ => store.CreateSessionId("alice"))];

        Assert.Single(ids.Select(id => id[..TagLength]).Distinct());
        AssertUniform(ids, from: TagLength);
    }

    [Fact]
    [Trait("abuse", "C1")]
    public void ANewRotorIsRandomAndKeepsTheRestOfTheId()
    {
        string id = new MemoryStore().CreateSessionId("alice");
        string[] renewed = [.. Enumerable.Range(0, Many).Select(_ => SessionIdFormat.WithNewRotor(id))];

        Assert.Single(renewed.Select(other => other[..32]).Append(id[..32]).Distinct());
        AssertUniform(renewed, from: 32);
    }

    [Fact]
    [Trait("abuse", "C1")]
    public void NoPartRepeatsAmongTheIdsOfOneUser()
    {
        // A part with too little randomness would repeat among a hundred thousand ids.
        var store = new MemoryStore();
        string[] ids = [.. Enumerable.Range(0, Many).Select(_ => store.CreateSessionId("alice"))];

        Assert.Equal(Many, ids.Select(id => id[..24]).Distinct().Count());
        Assert.Equal(Many, ids.Select(id => id[32..]).Distinct().Count());
        Assert.All(ids.Take(100), id => Assert.Equal(id, Base64Url.EncodeToString(Base64Url.DecodeFromChars(id))));
    }

    [Fact]
    public void RoutingTagsDifferBetweenUsersPrefixesAndRoutingKeys()
    {
        var store = new MemoryStore();
        var otherPrefix = new MemoryStore(new MemoryStoreOptions { Prefix = "other" });
        var keyed = new MemoryStore(new MemoryStoreOptions { RoutingKey = "of our own" });

        Assert.NotEqual(store.CreateSessionId("alice")[..TagLength], store.CreateSessionId("bob")[..TagLength]);
        Assert.NotEqual(store.CreateSessionId("alice")[..TagLength], otherPrefix.CreateSessionId("alice")[..TagLength]);
        Assert.NotEqual(store.CreateSessionId("alice")[..TagLength], keyed.CreateSessionId("alice")[..TagLength]);
    }

    [Theory]
    [Trait("abuse", "C2")]
    [InlineData("signed in")]
    [InlineData("anonymous")]
    public async Task ARepeatedIdIsTriedAFewTimesAndOverwritesNothing(string kind)
    {
        var host = new SessionHost();
        string taken = await host.SeenAsync("alice", new() { ["role"] = "admin" });
        var stored = await host.RecordOf(taken);
        host.Store.MakeId = _ => taken;
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        var exchange = host.Request();

        await Assert.ThrowsAsync<SessionStoreException>(async () =>
        {
            if (kind == "anonymous")
            {
                await exchange.Session.StartAsync();
            }
            else
            {
                await exchange.Session.SetAsync("mallory");
            }
        });

        Assert.InRange(host.Store.Count("create"), 2, 10);
        Assert.Same(stored, await host.RecordOf(taken));
        Assert.Null(exchange.SentId);
        Assert.Null(await exchange.Session.GetAsync());
        Assert.Equal(1, await host.Memory.CountActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "C2")]
    public async Task AnIdThatRepeatsOnceCostsOneMoreTry()
    {
        var host = new SessionHost();
        string taken = await host.SeenAsync("alice");
        var ids = new Queue<string>([taken, host.Memory.CreateSessionId("bob")]);
        host.Store.MakeId = _ => ids.Dequeue();

        string id = await host.SignInAsync("bob");

        Assert.NotEqual(taken, id);
        Assert.Equal("alice", await host.WhoAsync(taken));
        Assert.Equal("bob", await host.WhoAsync(id));
    }

    [Fact]
    [Trait("abuse", "C2")]
    public async Task ARepeatedKeyPartOverwritesNothing()
    {
        var host = new SessionHost();
        string taken = await host.SeenAsync("alice");
        host.Store.MakeId = _ => Forged.Lineage(taken);

        await Assert.ThrowsAsync<SessionStoreException>(async () => await host.Request().Session.SetAsync("alice"));

        Assert.Equal("alice", await host.WhoAsync(taken));
    }

    /// <summary>
    /// A store takes a repeated creation for a retry, and a whole id that repeats within a millisecond looks like one. It never becomes
    /// another user's session.
    /// </summary>
    [Fact]
    [Trait("abuse", "C2")]
    public async Task AnIdThatRepeatsWithinAMillisecondGivesOneSessionOfOneUser()
    {
        var host = new SessionHost();
        string repeated = host.Memory.CreateSessionId("alice");
        host.Store.MakeId = _ => repeated;

        Assert.Equal(repeated, await host.SignInAsync("alice"));
        Assert.Equal(repeated, await host.SignInAsync("alice"));
        await Assert.ThrowsAsync<SessionStoreException>(async () => await host.Request().Session.SetAsync("bob"));
        await Assert.ThrowsAsync<SessionStoreException>(async () => await host.Request().Session.StartAsync());
        host.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await Assert.ThrowsAsync<SessionStoreException>(async () => await host.Request().Session.SetAsync("alice"));

        Assert.Equal("alice", await host.WhoAsync(repeated));
        Assert.Equal(1, await host.Memory.CountActiveSessionsAsync(TestContext.Current.CancellationToken));
    }

    private static void AssertUniform(string[] ids, int from)
    {
        Assert.Equal(ids.Length, ids.Distinct().Count());
        double expected = ids.Length / 64.0;
        for (int at = from; at < 56; at++)
        {
            int[] counts = new int[128];
            foreach (string id in ids)
            {
                counts[id[at]]++;
            }

            double chiSquare = counts.Where(count => count > 0).Sum(count => (count - expected) * (count - expected) / expected);
            Assert.Equal(64, counts.Count(count => count > 0));
            Assert.True(chiSquare < TooUneven, $"Position {at}: chi-square {chiSquare:0}.");
        }
    }
}
