using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.Extensions.Options;

namespace Sact.Session;

/// <summary>
/// Applies the configuration of a cookie scheme to the session scheme of the same name. Examples are <c>ConfigureApplicationCookie</c>, the
/// paths of Identity's default pages, and the security stamp check of <c>AddIdentity</c>.
/// </summary>
internal sealed class SactSessionAuthenticationSetup(
    IEnumerable<IConfigureOptions<CookieAuthenticationOptions>> configurations,
    IEnumerable<IPostConfigureOptions<CookieAuthenticationOptions>> completions,
    IServiceProvider services)
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

        // The framework sets its default cookie and default paths below. Only a cookie that the application has set must be refused.
        options.ThrowIfCookieIsSet(name ?? Options.DefaultName);
        foreach (var completion in completions)
        {
            completion.PostConfigure(name, options);
        }
    }
}
