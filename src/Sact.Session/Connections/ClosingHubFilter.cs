using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session;

/// <summary>
/// Closes the connections of hubs with <c>CloseWhenSessionEnds()</c>. A hub's connection may consist of many requests: those of long
/// polling, or one more after each stateful reconnect. So the filter watches from its beginning to its end, apart from any request.
/// </summary>
internal sealed class ClosingHubFilter : IHubFilter
{
    public async Task OnConnectedAsync(HubLifetimeContext context, Func<HubLifetimeContext, Task> next)
    {
        var caller = context.Context;
        if (caller.GetHttpContext() is { } http && http.GetEndpoint()?.Metadata.GetMetadata<ClosesWithSession>() is { } closes)
        {
            var sessions = await SignedInSessions.OfAsync(http, closes.Name, []).ConfigureAwait(false);
            if (WatchedConnection.BeginApart(sessions) is { } watched)
            {
                caller.Items[typeof(WatchedConnection)] = watched;
                caller.Items[typeof(SessionUses)] = new SessionUses(sessions, closes.Name);

                // Abort sends a close message that forbids the client to reconnect.
                watched.Ended.UnsafeRegister(static state => ((HubCallerContext)state!).Abort(), caller);
            }
            else if (sessions.HaveEnded(caller.User))
            {
                // The session has ended since the request was authenticated. The hub never sees the connection.
                caller.Items[typeof(ClosingHubFilter)] = this;
                caller.Abort();
                return;
            }
        }

        try
        {
            await next(context).ConfigureAwait(false);
        }
        catch
        {
            // SignalR calls OnDisconnectedAsync for no connection that its hub has refused.
            Stop(caller);
            throw;
        }
    }

    public ValueTask<object?> InvokeMethodAsync(
        HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next) =>
        WatchedOf(invocationContext.Context) is { } watched ? InvokeAsync(watched, invocationContext, next) : next(invocationContext);

    public Task OnDisconnectedAsync(
        HubLifetimeContext context, Exception? exception, Func<HubLifetimeContext, Exception?, Task> next)
    {
        Stop(context.Context);
        return context.Context.Items.ContainsKey(typeof(ClosingHubFilter)) ? Task.CompletedTask : next(context, exception);
    }

    private static async ValueTask<object?> InvokeAsync(
        WatchedConnection watched, HubInvocationContext invocation, Func<HubInvocationContext, ValueTask<object?>> next)
    {
        if (watched.Ended.IsCancellationRequested)
        {
            throw new HubException("The session has ended. Sign in again.");
        }

        if (BlazorHub.IsUse(invocation) && invocation.Context.Items.TryGetValue(typeof(SessionUses), out object? uses))
        {
            await ((SessionUses)uses!).NoteAsync(invocation.Context.GetHttpContext()).ConfigureAwait(false);
        }

        return await next(invocation).ConfigureAwait(false);
    }

    private static void Stop(HubCallerContext caller)
    {
        WatchedOf(caller)?.Dispose();
        RequestWatches.Stop(caller.GetHttpContext());
    }

    private static WatchedConnection? WatchedOf(HubCallerContext caller) =>
        caller.Items.TryGetValue(typeof(WatchedConnection), out object? watched) ? (WatchedConnection?)watched : null;
}
