using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Sact.Session;

/// <summary>The registration whose sessions hold the values of <c>HttpContext.Session</c>.</summary>
internal sealed class BridgedRegistration(string name)
{
    public string Name { get; } = name;

    public HttpContextSessionBridge Bridge(SessionRegistry registry, IServiceProvider services)
    {
        var keep = new Lazy<bool>(() => services.GetRequiredService<IOptionsMonitor<HttpContextSessionOptions>>().Get(Name).KeepAtSignIn);
        return new(context => registry.Find(typeof(IGenericStore), Name).SessionOf(context), () => keep.Value);
    }
}
