using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Sact.Session.Tests;

/// <summary>Steps that many tests take with a <see cref="SessionHost"/>.</summary>
internal static class SessionHostExtensions
{
    /// <summary>A session whose cookie has already been used once, so that its first touch is not counted later.</summary>
    public static async Task<string> SeenAsync(
        this SessionHost host, string userId = "alice", System.Text.Json.Nodes.JsonObject? metadata = null)
    {
        string id = await host.SignInAsync(userId, metadata);
        Assert.Equal(userId, await host.WhoAsync(id));
        host.Store.Reset();
        return id;
    }

    /// <summary>The record of an id, read without the probe.</summary>
    public static async Task<SessionRecord?> RecordOf(this SessionHost host, string id) =>
        await host.Memory.GetAsync(host.Memory.GetSessionKey(id));

    /// <summary>Renews with a new request. Returns the id that was sent, or null if none was sent.</summary>
    public static async Task<string?> RenewAsync(this SessionHost host, string id, bool immediately = false)
    {
        var exchange = host.Request(id);
        Assert.True(await exchange.Session.RenewAsync(immediately));
        return exchange.SentId;
    }

    /// <summary>Renews, uses the new id, and returns it. The old id is then within its grace.</summary>
    public static async Task<string> RotateAsync(this SessionHost host, string id)
    {
        string renewed = await host.RenewAsync(id) ?? throw new InvalidOperationException("The renewal sent no cookie.");
        Assert.NotNull(await host.WhoAsync(renewed));
        return renewed;
    }

    /// <summary>The number of times that an event was logged.</summary>
    public static int EventCount(this SessionHost host, int id) => host.Events.Count(logged => logged.Id.Id == id);

    /// <summary>Makes the response started from now on, as in an event stream or a WebSocket.</summary>
    public static void StartResponse(this Exchange exchange)
    {
        var before = exchange.Context.Features.GetRequiredFeature<IHttpResponseFeature>();
        exchange.Context.Features.Set<IHttpResponseFeature>(
            new StartedResponse { Headers = before.Headers, StatusCode = before.StatusCode });
    }

    /// <summary>A request through another node: the same store with other options, for example another clock.</summary>
    public static Exchange RequestThrough(this SessionHost host, SactSessionOptions options, string? sessionId)
    {
        var context = new DefaultHttpContext();
        context.Request.Scheme = "https";
        context.Request.Host = new HostString("example.test");
        if (sessionId is not null)
        {
            context.Request.Headers.Cookie = $"{options.Cookie.Name}={sessionId}";
        }

        return new Exchange(context, new Session<ProbeStore>(context.Request, context.Response, host.Store, options));
    }

    private sealed class StartedResponse : HttpResponseFeature
    {
        public override bool HasStarted => true;
    }
}

/// <summary>The default durations of a renewal.</summary>
internal static class RenewalTimes
{
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan ReplayMargin = TimeSpan.FromMinutes(10);
    public static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
}

/// <summary>Runs calls in parallel.</summary>
internal static class SideBySide
{
    /// <summary>Runs the same function in parallel, each on a thread of the pool. All start at the same moment.</summary>
    public static async Task<T[]> RunAsync<T>(int count, Func<int, Task<T>> run)
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

    /// <summary>Runs two different functions in parallel.</summary>
    public static Task RunAsync(Func<Task> one, Func<Task> other) => RunAsync(2, async i =>
    {
        await (i == 0 ? one() : other());
        return true;
    });
}

/// <summary>Invented ids, made from an issued one: 18 bytes of key part, 6 of lineage, 18 of rotor.</summary>
internal static class Forged
{
    /// <summary>The right key, with everything else invented. An attacker who has read a key in a log can make it.</summary>
    public static string Lineage(string id) => Invent(id, 18..42);

    /// <summary>The right key and rotor, with an invented lineage.</summary>
    public static string LineageOnly(string id) => Invent(id, 18..24);

    /// <summary>The right key and lineage, with an invented rotor. The id was never valid.</summary>
    public static string Rotor(string id) => Invent(id, 24..42);

    private static string Invent(string id, Range part)
    {
        byte[] bytes = Base64Url.DecodeFromChars(id);
        RandomNumberGenerator.Fill(bytes.AsSpan(part));
        return Base64Url.EncodeToString(bytes);
    }
}

/// <summary>Records that a test puts directly into a store, as a later version or an adapter would.</summary>
internal static class Handmade
{
    public static SessionRecord Record(SessionHost host, string id, SessionState state, string? userId) => new()
    {
        Key = host.Memory.GetSessionKey(id),
        UserId = userId,
        State = state,
        LineageHash = new SecretHash(SHA256.HashData(Base64Url.DecodeFromChars(id).AsSpan(0, 24)).AsSpan(0, SecretHash.Size)),
        CurrentHash = new SecretHash(SHA256.HashData(Base64Url.DecodeFromChars(id)).AsSpan(0, SecretHash.Size)),
        CreatedAt = host.Clock.GetUtcNow(),
        LastSeenAt = host.Clock.GetUtcNow(),
        Lifetimes = new SessionLifetimes(TimeSpan.FromMinutes(20), TimeSpan.FromHours(1), TimeSpan.FromDays(1)),
    };

    /// <summary>Creates a live pending session of a user and returns its id.</summary>
    public static async Task<string> PendingAsync(SessionHost host, string userId)
    {
        string id = host.Memory.CreateSessionId(userId);
        var created = await host.Memory.CreateAsync(Record(host, id, SessionState.Pending, userId));
        Assert.Equal(SessionCreationStatus.Created, created.Status);
        return id;
    }
}
