using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.Extensions.Options;

namespace Sact.Session;

/// <summary>
/// What is configured for a cookie scheme of the same name counts for this one: <c>ConfigureApplicationCookie</c>, the paths of Identity's default pages, the security stamp check that <c>AddIdentity</c> sets.
/// So a scheme that takes a cookie scheme's place behaves as that did.
/// </summary>
internal sealed class SactSessionAuthenticationSetup(
    IEnumerable<IConfigureOptions<CookieAuthenticationOptions>> configurations, IEnumerable<IPostConfigureOptions<CookieAuthenticationOptions>> completions, IServiceProvider services)
    : IConfigureNamedOptions<SactSessionAuthenticationOptions>, IPostConfigureOptions<SactSessionAuthenticationOptions>
{
    public void Configure(SactSessionAuthenticationOptions options) => Configure(Options.DefaultName, options);

    public void Configure(string? name, SactSessionAuthenticationOptions options)
    {
        foreach (var configuration in configurations)
        {
            if (configuration is IConfigureNamedOptions<CookieAuthenticationOptions> named)
            {
                named.Configure(name, options);
            }
            else if (name == Options.DefaultName)
            {
                configuration.Configure(options);
            }
        }
    }

    public void PostConfigure(string? name, SactSessionAuthenticationOptions options)
    {
        options.TimeProvider ??= (TimeProvider?)services.GetService(typeof(TimeProvider));

        // Before the framework fills in what is unset: the default paths are wanted, its cookie is not.
        options.ThrowIfCookieIsSet(name ?? Options.DefaultName);
        foreach (var completion in completions)
        {
            completion.PostConfigure(name, options);
        }
    }
}
