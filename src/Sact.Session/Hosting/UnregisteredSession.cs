using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// What dependency injection finds for a session over a store that nobody registered: it throws the sentence that mends it. Without it, minimal APIs would take the parameter for a body, and one
/// wrong handler would make every route answer 500.
/// </summary>
internal sealed class UnregisteredSession<TStore>(SessionRegistry registry) : Session<TStore>(Refuse(registry), null!, default!, null!)
    where TStore : IGenericStore
{
    private static HttpRequest Refuse(SessionRegistry registry)
    {
        registry.Find(typeof(TStore));
        throw new InvalidOperationException($"No session is registered over {typeof(TStore).Name} by that type. Inject ISession<IGenericStore>.");
    }
}
