using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Sact.Session.Tests;

/// <summary>What the tests of secrets, races and time do again and again with a <see cref="Bed"/>.</summary>
internal static class SecretsBed
{
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan ReplayMargin = TimeSpan.FromMinutes(10);
    public static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>A session that has been presented once, so that what is counted afterwards is not its first touch.</summary>
    public static async Task<string> SeenAsync(this Bed bed, string userId = "alice", System.Text.Json.Nodes.JsonObject? metadata = null)
    {
        string id = await bed.SignInAsync(userId, metadata);
        Assert.Equal(userId, await bed.WhoAsync(id));
        bed.Store.Reset();
        return id;
    }

    /// <summary>The record under an id's key, behind the probe.</summary>
    public static async Task<SessionRecord?> RecordOf(this Bed bed, string id) => await bed.Memory.GetAsync(bed.Memory.GetSessionKey(id));

    /// <summary>Renews by a request of its own; the id that was sent, null if none was.</summary>
    public static async Task<string?> RenewAsync(this Bed bed, string id, bool immediately = false)
    {
        var exchange = bed.Request(id);
        Assert.True(await exchange.Session.RenewAsync(immediately));
        return exchange.SentId;
    }

    /// <summary>Renews, presents the new id, and returns it: the old one is in its grace.</summary>
    public static async Task<string> RotateAsync(this Bed bed, string id)
    {
        string renewed = await bed.RenewAsync(id) ?? throw new InvalidOperationException("The renewal sent no cookie.");
        Assert.NotNull(await bed.WhoAsync(renewed));
        return renewed;
    }

    /// <summary>How often an event was logged.</summary>
    public static int EventCount(this Bed bed, int id) => bed.Events.Count(logged => logged.Id.Id == id);

    /// <summary>From now on the response has started, as it has in an event stream or a WebSocket.</summary>
    public static void StartResponse(this Exchange exchange)
    {
        var before = exchange.Context.Features.GetRequiredFeature<IHttpResponseFeature>();
        exchange.Context.Features.Set<IHttpResponseFeature>(new StartedResponse { Headers = before.Headers, StatusCode = before.StatusCode });
    }

    /// <summary>A request through another node: the same store, other options (another clock, say).</summary>
    public static Exchange RequestThrough(this Bed bed, SactSessionOptions options, string? sessionId)
    {
        var context = new DefaultHttpContext();
        context.Request.Scheme = "https";
        context.Request.Host = new HostString("example.test");
        if (sessionId is not null)
        {
            context.Request.Headers.Cookie = $"{options.Cookie.Name}={sessionId}";
        }

        return new Exchange(context, new Session<ProbeStore>(context.Request, context.Response, bed.Store, options));
    }

    /// <summary>Runs the same thing side by side, each on a thread of the pool, all let go at once.</summary>
    public static async Task<T[]> SideBySide<T>(int count, Func<int, Task<T>> run)
    {
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var tasks = Enumerable.Range(0, count).Select(i => Task.Run(async () =>
        {
            await start.Task;
            return await run(i);
        })).ToArray();
        start.SetResult();
        return await Task.WhenAll(tasks).WaitAsync(TimeSpan.FromSeconds(60));
    }

    /// <summary>Two different things side by side.</summary>
    public static Task SideBySide(Func<Task> one, Func<Task> other) => SideBySide(2, async i =>
    {
        await (i == 0 ? one() : other());
        return true;
    });

    private sealed class StartedResponse : HttpResponseFeature
    {
        public override bool HasStarted => true;
    }
}

/// <summary>Ids that nobody issued, made of one that was: 18 bytes of key part, 6 of lineage, 18 of rotor.</summary>
internal static class Forged
{
    /// <summary>The right key, everything else invented: what somebody makes who has read a key in a log.</summary>
    public static string Lineage(string id) => Invent(id, 18..42);

    /// <summary>The right key and rotor, an invented lineage.</summary>
    public static string LineageOnly(string id) => Invent(id, 18..24);

    /// <summary>The right key and lineage, an invented rotor: no id that was ever good.</summary>
    public static string Rotor(string id) => Invent(id, 24..42);

    private static string Invent(string id, Range part)
    {
        byte[] bytes = Base64Url.DecodeFromChars(id);
        RandomNumberGenerator.Fill(bytes.AsSpan(part));
        return Base64Url.EncodeToString(bytes);
    }
}

/// <summary>Records put into a store by hand, as a later version or an adapter would.</summary>
internal static class Handmade
{
    public static SessionRecord Record(Bed bed, string id, SessionState state, string? userId) => new()
    {
        Key = bed.Memory.GetSessionKey(id),
        UserId = userId,
        State = state,
        LineageHash = new SecretHash(SHA256.HashData(Base64Url.DecodeFromChars(id).AsSpan(0, 24)).AsSpan(0, SecretHash.Size)),
        CurrentHash = new SecretHash(SHA256.HashData(Base64Url.DecodeFromChars(id)).AsSpan(0, SecretHash.Size)),
        CreatedAt = bed.Clock.GetUtcNow(),
        LastSeenAt = bed.Clock.GetUtcNow(),
        Lifetimes = new SessionLifetimes(TimeSpan.FromMinutes(20), TimeSpan.FromHours(1), TimeSpan.FromDays(1)),
    };

    /// <summary>A live pending session of a user and its id.</summary>
    public static async Task<string> PendingAsync(Bed bed, string userId)
    {
        string id = bed.Memory.CreateSessionId(userId);
        var created = await bed.Memory.CreateAsync(Record(bed, id, SessionState.Pending, userId));
        Assert.Equal(SessionCreationStatus.Created, created.Status);
        return id;
    }
}
