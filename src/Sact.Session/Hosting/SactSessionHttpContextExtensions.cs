using Sact.Session;

namespace Microsoft.AspNetCore.Http;

/// <summary>Reaches the session where it cannot be injected: in middleware, in a SignalR hub.</summary>
public static class SactSessionHttpContextExtensions
{
    /// <summary>The session of the request over a store: the same object that injection gives.</summary>
    /// <typeparam name="TStore">The store's type; <see cref="IGenericStore"/> for the unnamed registration, whatever its store.</typeparam>
    /// <param name="context">The request's context.</param>
    /// <param name="name">The name of a named registration; null to go by the store's type.</param>
    /// <exception cref="InvalidOperationException"><c>AddSactSession()</c> or <c>UseSactSession()</c> is missing, or no session is registered over the store.</exception>
    public static ISession<TStore> GetSactSession<TStore>(this HttpContext context, string? name = null)
        where TStore : IGenericStore
    {
        ArgumentNullException.ThrowIfNull(context);
        return (ISession<TStore>)SessionRegistry.SessionOf(context, typeof(TStore), name);
    }

    /// <summary>The session of the request in the unnamed registration.</summary>
    /// <param name="context">The request's context.</param>
    /// <exception cref="InvalidOperationException"><c>AddSactSession()</c> or <c>UseSactSession()</c> is missing.</exception>
    public static ISession<IGenericStore> GetSactSession(this HttpContext context) => context.GetSactSession<IGenericStore>();
}
