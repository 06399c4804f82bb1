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
