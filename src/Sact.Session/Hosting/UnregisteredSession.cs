using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// What dependency injection creates for a session over a store that is not registered. It throws an error that says how to fix it.
/// Without it, minimal APIs would bind the parameter to the body, and one such handler would make every route answer 500.
/// </summary>
internal sealed class UnregisteredSession<TStore>(SessionRegistry registry) : Session<TStore>(Refuse(registry), null!, default!, null!)
    where TStore : IGenericStore
{
    private static HttpRequest Refuse(SessionRegistry registry)
    {
        registry.Find(typeof(TStore));
        throw new InvalidOperationException(
            $"No session is registered over {typeof(TStore).Name} by that type. Inject ISactSession or ISession<IGenericStore>.");
    }
}
