using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session;

/// <summary>
/// Closes the connections of hubs with <c>CloseWhenSessionEnds()</c>. A hub's connection may consist of many requests, so the filter
/// watches from its beginning to its end.
/// </summary>
internal sealed class ClosingHubFilter : IHubFilter
{
    public async Task OnConnectedAsync(HubLifetimeContext context, Func<HubLifetimeContext, Task> next)
    {
        var caller = context.Context;
        if (caller.GetHttpContext() is { } http && http.GetEndpoint()?.Metadata.GetMetadata<ClosesWithSession>() is { } closes)
        {
            var sessions = await SignedInSessions.OfAsync(http, closes.Name, []).ConfigureAwait(false);
            if (WatchedConnection.Begin(sessions) is { } watched)
            {
                caller.Items[typeof(WatchedConnection)] = watched;

                // Abort sends a close message that forbids the client to reconnect.
                watched.Ended.UnsafeRegister(static state => ((HubCallerContext)state!).Abort(), caller);
            }
            else if (sessions.HaveEnded(caller.User))
            {
                // The session has ended since the request was authenticated.
                caller.Abort();
                return;
            }
        }

        await next(context).ConfigureAwait(false);
    }

    public async ValueTask<object?> InvokeMethodAsync(
        HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next)
    {
        if (WatchedOf(invocationContext.Context) is { } watched)
        {
            if (watched.Ended.IsCancellationRequested)
            {
                throw new HubException("The session has ended. Sign in again.");
            }

            if (BlazorHub.IsUse(invocationContext))
            {
                await watched.Uses.NoteAsync().ConfigureAwait(false);
            }
        }

        return await next(invocationContext).ConfigureAwait(false);
    }

    public Task OnDisconnectedAsync(
        HubLifetimeContext context, Exception? exception, Func<HubLifetimeContext, Exception?, Task> next)
    {
        WatchedOf(context.Context)?.Dispose();
        RequestWatches.Stop(context.Context.GetHttpContext());
        return next(context, exception);
    }

    private static WatchedConnection? WatchedOf(HubCallerContext caller) =>
        caller.Items.TryGetValue(typeof(WatchedConnection), out object? watched) ? (WatchedConnection?)watched : null;
}
