using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Sact.Session;

/// <summary>
/// The framework's handler with one difference: a sign-out ends the session even if it fails. Where the metadata of the provider cannot be
/// read, the framework throws before it runs any event, and the user would stay signed in here.
/// </summary>
internal sealed class ProviderHandler(
    IOptionsMonitor<OpenIdConnectOptions> options,
    ILoggerFactory logger,
    HtmlEncoder htmlEncoder,
    UrlEncoder encoder,
    ProviderSchemes schemes)
    : OpenIdConnectHandler(options, logger, htmlEncoder, encoder)
{
    /// <summary>Puts this handler in the place of the framework's. An application keeps a handler of its own.</summary>
    public static void Use(IServiceCollection services, string scheme) => services.PostConfigure<AuthenticationOptions>(options =>
    {
        if (options.SchemeMap.TryGetValue(scheme, out var found) && found.HandlerType == typeof(OpenIdConnectHandler))
        {
            found.HandlerType = typeof(ProviderHandler);
        }
    });

    public override async Task SignOutAsync(AuthenticationProperties? properties)
    {
        try
        {
            await base.SignOutAsync(properties).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is not SessionStoreException)
        {
            // A store that has just failed was told already. Everything else may have happened before the event that ends the session.
            await SessionSignOut.RunAsync(Context, schemes.Find(Scheme.Name)).ConfigureAwait(false);
            throw;
        }
    }
}
