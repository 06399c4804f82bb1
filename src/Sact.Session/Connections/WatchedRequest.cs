using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.SignalR;

namespace Sact.Session;

/// <summary>Runs an endpoint until it completes or the session ends: a response that streams, or a WebSocket.</summary>
internal static class WatchedRequest
{
    // For the last bytes, and for the reply to a WebSocket's close message.
    private static readonly TimeSpan s_grace = TimeSpan.FromMilliseconds(500);

    public static Task RunAsync(HttpContext context, RequestDelegate next, string? name) =>

        // A hub's connection may outlive each of its requests, so a hub filter closes it. A group is marked before its hubs are known.
        context.GetEndpoint()?.Metadata.GetMetadata<HubMetadata>() is null ? WatchAsync(context, next, name) : next(context);

    private static async Task WatchAsync(HttpContext context, RequestDelegate next, string? name)
    {
        var sessions = await SignedInSessions.OfAsync(context, name, []).ConfigureAwait(false);
        using var watched = WatchedConnection.Begin(sessions);
        if (watched is null && sessions.HaveEnded(context.User))
        {
            // It was signed in when the request was authenticated, and has ended since.
            await SessionChallenge.NobodyAsync(context, sessions.EndReason).ConfigureAwait(false);
            return;
        }

        if (watched is null)
        {
            await next(context).ConfigureAwait(false);
            return;
        }

        await RunAsync(context, next, watched).ConfigureAwait(false);
    }

    private static async Task RunAsync(HttpContext context, RequestDelegate next, WatchedConnection watched)
    {
        var lifetime = context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
        var sockets = context.Features.Get<IHttpWebSocketFeature>();
        using var closing = new ClosingLifetime(lifetime);
        var accepted = sockets is null ? null : new ClosingWebSockets(sockets);
        context.Features.Set<IHttpRequestLifetimeFeature>(closing);
        context.Features.Set<IHttpWebSocketFeature>(accepted);
        using var stop = new CancellationTokenSource();
        var closed = CloseAsync(watched, closing, accepted, stop.Token);
        bool isStopped = false;
        try
        {
            await next(context).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (closing.IsClosing)
        {
            // The endpoint has stopped as it should. A response that has started ends as a complete one.
            isStopped = true;
        }
        finally
        {
            context.Features.Set(lifetime);
            context.Features.Set(sockets);
            await stop.CancelAsync().ConfigureAwait(false);
            await closed.ConfigureAwait(false);
        }

        if (isStopped && !context.Response.HasStarted)
        {
            await SessionChallenge.NobodyAsync(context, watched.Reason).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for the end of the session, or of the endpoint, and closes the connection. It never throws.</summary>
    private static async Task CloseAsync(
        WatchedConnection watched, ClosingLifetime lifetime, ClosingWebSockets? sockets, CancellationToken stop)
    {
        try
        {
            await watched.EndedAsync(stop).ConfigureAwait(false);
            var abortion = Task.Delay(s_grace, TimeProvider.System, stop);
            if (sockets is { IsAccepted: true })
            {
                // The receiver sees the client's reply and completes. With its token cancelled it would break the connection.
                await Task.WhenAny(sockets.CloseAsync(stop), abortion).ConfigureAwait(false);
            }
            else if (watched.IsEndedHere)
            {
                // The endpoint has ended the session itself, and answers its client.
                return;
            }
            else
            {
                lifetime.Close(watched.Log);
            }

            await abortion.ConfigureAwait(false);
            lifetime.Close(watched.Log);
            lifetime.Abort();
        }
        catch (OperationCanceledException)
        {
            // The endpoint has completed.
        }
    }
}
