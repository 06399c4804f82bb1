using Sact.Session;

namespace Microsoft.AspNetCore.Http;

/// <summary>Returns the session of a request where it cannot be injected: in middleware, in a SignalR hub.</summary>
public static class SactSessionHttpContextExtensions
{
    /// <summary>The session of the request: the same object that injection returns.</summary>
    /// <param name="context">The context of the request.</param>
    /// <param name="name">The name of a named registration; null for the unnamed one.</param>
    /// <returns>The session. The call reads nothing from the store.</returns>
    /// <exception cref="InvalidOperationException">
    /// <c>AddSactSession()</c> or <c>UseSactSession()</c> was not called, or no registration has the name.
    /// </exception>
    /// <example><code>var session = Context.GetHttpContext()!.GetSactSession();</code></example>
    public static ISession<IGenericStore> GetSactSession(this HttpContext context, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        return (ISession<IGenericStore>)RegistryOfRequest.SourceOf(context, typeof(IGenericStore), name).FacadeOf(context);
    }

    /// <summary>The session of the request over a store: the same object that injection returns.</summary>
    /// <typeparam name="TStore">The type of the store; <see cref="IGenericStore"/> for the unnamed registration, whatever its
    /// store.</typeparam>
    /// <param name="context">The context of the request.</param>
    /// <param name="name">The name of a named registration; null to choose by the type of the store.</param>
    /// <returns>The session. The call reads nothing from the store.</returns>
    /// <exception cref="InvalidOperationException">
    /// <c>AddSactSession()</c> or <c>UseSactSession()</c> was not called, or no session is registered over the store.
    /// </exception>
    public static ISession<TStore> GetSactSession<TStore>(this HttpContext context, string? name = null)
        where TStore : IGenericStore
    {
        ArgumentNullException.ThrowIfNull(context);
        return (ISession<TStore>)RegistryOfRequest.SourceOf(context, typeof(TStore), name).FacadeOf(context);
    }
}
