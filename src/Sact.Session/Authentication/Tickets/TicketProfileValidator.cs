using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Sact.Session;

/// <summary>
/// A registration whose tickets are kept in a cookie of the framework has two cookies. What <c>UseProfile()</c> requires holds for both.
/// </summary>
internal sealed class TicketProfileValidator(string scheme, IServiceProvider services) : IValidateOptions<CookieAuthenticationOptions>
{
    public ValidateOptionsResult Validate(string? name, CookieAuthenticationOptions options)
    {
        if (name != scheme)
        {
            return ValidateOptionsResult.Skip;
        }

        string? session = services.GetRequiredService<IOptionsMonitor<SactTicketStoreOptions>>().Get(scheme).SessionName;
        var registration = SessionRegistry.Of(services).Find(typeof(IGenericStore), session);
        string[] faults =
        [
            .. ProfileRule.ValidateCookie(
                registration.Options.Profile, options.Cookie, "cookie of the tickets", nameof(CookieAuthenticationOptions)),
        ];
        return faults.Length == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(faults.Select(fault => $"Scheme '{scheme}': {fault}"));
    }
}
