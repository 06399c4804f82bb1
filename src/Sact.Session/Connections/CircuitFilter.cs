using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.SignalR;

namespace Sact.Session;

/// <summary>
/// Hands the sessions of a circuit's connection to its <see cref="SessionAuthenticationState"/>, and extends them while the user is active.
/// </summary>
internal sealed class CircuitFilter(string? name) : IHubFilter
{
    private static readonly AsyncLocal<SignedInSessions?> s_beginning = new();

    /// <summary>The sessions of the circuit that the calling code begins; null elsewhere.</summary>
    public static SignedInSessions? Beginning => s_beginning.Value;

    public async ValueTask<object?> InvokeMethodAsync(
        HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next)
    {
        if (!BlazorHub.Is(invocationContext.Hub) || invocationContext.Context.GetHttpContext() is not { } http)
        {
            return await next(invocationContext).ConfigureAwait(false);
        }

        var items = invocationContext.Context.Items;
        if (BlazorHub.BeginsCircuit(invocationContext))
        {
            var sessions = await SignedInSessions.OfAsync(http, name, []).ConfigureAwait(false);
            items[typeof(SessionUses)] = new SessionUses(sessions, name);

            // It flows to the circuit and to nobody else.
            s_beginning.Value = sessions;
        }
        else if (BlazorHub.IsUse(invocationContext) && items.TryGetValue(typeof(SessionUses), out object? uses))
        {
            await ((SessionUses)uses!).NoteAsync(http).ConfigureAwait(false);
        }

        return await next(invocationContext).ConfigureAwait(false);
    }
}
