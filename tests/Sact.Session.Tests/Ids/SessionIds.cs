using System.Buffers.Text;

namespace Sact.Session.Tests;

/// <summary>Ids come from the system's random source, all of them: key part (but for the tag), lineage and rotor.</summary>
public sealed class SessionIds
{
    private const int Many = 100_000;
    private const int TagLength = 3;

    // Chi-square with 63 degrees of freedom exceeds this with p < 1e-12; all positions of all tests together with p < 1e-9.
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
    public void OfOneUserShareTheTagAndNothingElse()
    {
        var store = new MemoryStore();
        string[] ids = [.. Enumerable.Range(0, Many).Select(_ => store.CreateSessionId("alice"))];

        Assert.Single(ids.Select(id => id[..TagLength]).Distinct());
        AssertUniform(ids, from: TagLength);
    }

    [Fact]
    [Trait("abuse", "C1")]
    public void UnderANewRotorNeverRepeatAndAreUniformFromTheRotorOn()
    {
        string id = new MemoryStore().CreateSessionId("alice");
        string[] renewed = [.. Enumerable.Range(0, Many).Select(_ => SessionIdFormat.WithNewRotor(id))];

        Assert.Single(renewed.Select(other => other[..32]).Append(id[..32]).Distinct());
        AssertUniform(renewed, from: 32);
    }

    [Fact]
    [Trait("abuse", "C1")]
    public void KeepKeyPartLineageAndRotorApart()
    {
        // One of a hundred thousand being short of randomness would show as a repeat within a part.
        var store = new MemoryStore();
        string[] ids = [.. Enumerable.Range(0, Many).Select(_ => store.CreateSessionId("alice"))];

        Assert.Equal(Many, ids.Select(id => id[..24]).Distinct().Count());
        Assert.Equal(Many, ids.Select(id => id[32..]).Distinct().Count());
        Assert.All(ids.Take(100), id => Assert.Equal(id, Base64Url.EncodeToString(Base64Url.DecodeFromChars(id))));
    }

    [Fact]
    public void TagsOfDifferentUsersPrefixesAndRoutingKeysDiffer()
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
    public async Task ThatRepeatAreTriedAFewTimesAndOverwriteNothing(string kind)
    {
        var bed = new Bed();
        string taken = await bed.SeenAsync("alice", new() { ["role"] = "admin" });
        var stands = await bed.RecordOf(taken);
        bed.Store.MakeId = _ => taken;
        bed.Clock.Advance(TimeSpan.FromMinutes(1));
        var exchange = bed.Request();

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

        Assert.InRange(bed.Store.Count("create"), 2, 10);
        Assert.Same(stands, await bed.RecordOf(taken));
        Assert.Null(exchange.SentId);
        Assert.Null(await exchange.Session.GetAsync());
        Assert.Equal(1, await bed.Memory.CountActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "C2")]
    public async Task ThatRepeatOnceCostOneMoreTry()
    {
        var bed = new Bed();
        string taken = await bed.SeenAsync("alice");
        var ids = new Queue<string>([taken, bed.Memory.CreateSessionId("bob")]);
        bed.Store.MakeId = _ => ids.Dequeue();

        string id = await bed.SignInAsync("bob");

        Assert.NotEqual(taken, id);
        Assert.Equal("alice", await bed.WhoAsync(taken));
        Assert.Equal("bob", await bed.WhoAsync(id));
    }

    [Fact]
    [Trait("abuse", "C2")]
    public async Task ThatRepeatOnlyTheKeyPartOverwriteNothing()
    {
        var bed = new Bed();
        string taken = await bed.SeenAsync("alice");
        bed.Store.MakeId = _ => Forged.Lineage(taken);

        await Assert.ThrowsAsync<SessionStoreException>(async () => await bed.Request().Session.SetAsync("alice"));

        Assert.Equal("alice", await bed.WhoAsync(taken));
    }

    /// <summary>A creation that comes twice is a retry to a store, and a whole id that repeats within a millisecond looks like one. It never is another user's session.</summary>
    [Fact]
    [Trait("abuse", "C2")]
    public async Task ThatRepeatWithinAMillisecondLeadToOneSessionOfOneUser()
    {
        var bed = new Bed();
        string repeated = bed.Memory.CreateSessionId("alice");
        bed.Store.MakeId = _ => repeated;

        Assert.Equal(repeated, await bed.SignInAsync("alice"));
        Assert.Equal(repeated, await bed.SignInAsync("alice"));
        await Assert.ThrowsAsync<SessionStoreException>(async () => await bed.Request().Session.SetAsync("bob"));
        await Assert.ThrowsAsync<SessionStoreException>(async () => await bed.Request().Session.StartAsync());
        bed.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await Assert.ThrowsAsync<SessionStoreException>(async () => await bed.Request().Session.SetAsync("alice"));

        Assert.Equal("alice", await bed.WhoAsync(repeated));
        Assert.Equal(1, await bed.Memory.CountActiveSessionsAsync(TestContext.Current.CancellationToken));
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
