using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Sact.Session;

/// <summary>Runs an endpoint until it completes or the session ends: a response that streams, or a WebSocket.</summary>
internal static class WatchedRequest
{
    // For the last bytes, and for the reply to a WebSocket's close message.
    private static readonly TimeSpan s_grace = TimeSpan.FromMilliseconds(500);

    public static async Task RunAsync(HttpContext context, RequestDelegate next, string? name)
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
        try
        {
            await next(context).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (closing.IsClosing)
        {
            // The endpoint has stopped as it should. The response ends as a complete one.
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await closed.ConfigureAwait(false);
            context.Features.Set(lifetime);
            context.Features.Set(sockets);
        }
    }

    /// <summary>Waits for the end of the session, or of the endpoint, and closes the connection.</summary>
    private static async Task CloseAsync(
        WatchedConnection watched, ClosingLifetime lifetime, ClosingWebSockets? sockets, CancellationToken stop)
    {
        try
        {
            await watched.EndedAsync(stop).ConfigureAwait(false);

            // The receiver of a WebSocket sees the client's reply and completes. With its token cancelled it would break the connection.
            if (sockets is { IsAccepted: true })
            {
                await sockets.CloseAsync(stop).WaitAsync(s_grace, TimeProvider.System, stop).ConfigureAwait(false);
            }
            else
            {
                lifetime.Close();
            }

            await Task.Delay(s_grace, TimeProvider.System, stop).ConfigureAwait(false);
            lifetime.Close();
            lifetime.Abort();
        }
        catch (TimeoutException)
        {
            lifetime.Close();
            lifetime.Abort();
        }
        catch (OperationCanceledException)
        {
            // The endpoint has completed.
        }
    }
}
