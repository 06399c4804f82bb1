using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.UI.Services;

namespace IdentityApp.Administration;

/// <summary>
/// The administrator is the user whose confirmed e-mail address is the setting "Administrator". Nobody is one without the setting.
/// The user is read for each request, so a changed address counts at once.
/// </summary>
public sealed class Administrator(UserManager<IdentityUser> users, IConfiguration configuration)
    : AuthorizationHandler<Administrator.Required>
{
    public const string Policy = "Administrator";

    public sealed class Required : IAuthorizationRequirement;

    protected override async Task HandleRequirementAsync(AuthorizationHandlerContext context, Required requirement)
    {
        if (configuration[Policy] is { Length: > 0 } email
            && await users.GetUserAsync(context.User) is { EmailConfirmed: true } user
            && user.NormalizedEmail == users.NormalizeEmail(email))
        {
            context.Succeed(requirement);
        }
    }
}

public static class AdministratorServices
{
    public static IServiceCollection AddAdministrator(this IServiceCollection services) => services
        .AddScoped<IAuthorizationHandler, Administrator>()
        .AddHostedService<ConfirmedByMail>()
        .AddAuthorization(options => options.AddPolicy(Administrator.Policy, policy => policy
            .RequireAuthenticatedUser()
            .AddRequirements(new Administrator.Required())));

    /// <summary>
    /// Without a sender of e-mail, the template shows the confirmation link to whoever registers. Then a confirmed address proves nothing.
    /// </summary>
    private sealed class ConfirmedByMail(IConfiguration configuration, IHostEnvironment environment, IEmailSender sender) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) =>
            sender is NoOpEmailSender && !environment.IsDevelopment() && configuration[Administrator.Policy] is { Length: > 0 }
                ? throw new InvalidOperationException(
                    "The setting 'Administrator' needs an IEmailSender that sends e-mail. Without one, anybody can confirm that address.")
                : Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
