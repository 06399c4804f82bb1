using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Benchmarks;

/// <summary>Cookie authentication whose tickets stay on the server, in <see cref="IMemoryCache"/>.</summary>
internal sealed class TicketContender : Contender
{
    public override string Name => "AddCookie + ITicketStore, memory";

    public override string Forgery(string issued)
    {
        int place = issued.Length - 12;
        return issued[..place] + (issued[place] == 'A' ? 'B' : 'A') + issued[(place + 1)..];
    }

    public override void Register(IServiceCollection services)
    {
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        services.AddMemoryCache();
        services.AddSingleton<ITicketStore, MemoryTickets>();
        services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie();
        services.AddOptions<CookieAuthenticationOptions>(CookieAuthenticationDefaults.AuthenticationScheme).Configure<ITicketStore>(
            static (options, store) => options.SessionStore = store);
    }

    public override void Use(IApplicationBuilder app) => app.UseAuthentication();

    protected override RequestDelegate? Asking(Scenario scenario) => scenario switch
    {
        Scenario.Read or Scenario.ReadInjected => static context =>
        {
            var user = context.User;
            Use(
                context,
                user.FindFirst(ClaimTypes.NameIdentifier)?.Value,
                user.FindFirst(Name1)?.Value,
                user.FindFirst(Name2)?.Value,
                user.FindFirst(Name3)?.Value);
            return Task.CompletedTask;
        }
        ,
        Scenario.ReadLarge => static context =>
        {
            Use(context, context.User.FindFirst(Large)?.Value, "", "", "");
            return Task.CompletedTask;
        }
        ,
        Scenario.Update => static async context =>
        {
            var ticket = (await context.AuthenticateAsync()).Ticket!;
            var identity = ticket.Principal.Identities.First().Clone();
            identity.TryRemoveClaim(identity.FindFirst(Name3));
            identity.AddClaim(new Claim(Name3, "light"));
            await context.SignInAsync(new ClaimsPrincipal(identity), ticket.Properties);
        }
        ,
        Scenario.SignIn =>
            static context => context.SignInAsync(Principal(new Claim(Name1, "Ada"), new Claim(Name2, "admin"), new Claim(Name3, "dark"))),
        Scenario.SignOut => static context => context.SignOutAsync(),
        _ => null,
    };

    public static RequestDelegate SignInLarge { get; } = static context => context.SignInAsync(Principal(new Claim(Large, Kilobyte)));

    private static ClaimsPrincipal Principal(params Claim[] claims) =>
        new(
            new ClaimsIdentity(
                [new Claim(ClaimTypes.NameIdentifier, Users.Next()), .. claims], CookieAuthenticationDefaults.AuthenticationScheme));

    /// <summary>As the documentation's examples have it.</summary>
    private sealed class MemoryTickets(IMemoryCache cache) : ITicketStore
    {
        public async Task<string> StoreAsync(AuthenticationTicket ticket)
        {
            string key = Guid.NewGuid().ToString("N");
            await RenewAsync(key, ticket);
            return key;
        }

        public Task RenewAsync(string key, AuthenticationTicket ticket)
        {
            cache.Set(key, ticket, new MemoryCacheEntryOptions { AbsoluteExpiration = ticket.Properties.ExpiresUtc });
            return Task.CompletedTask;
        }

        public Task<AuthenticationTicket?> RetrieveAsync(string key) => Task.FromResult(cache.Get<AuthenticationTicket>(key));

        public Task RemoveAsync(string key)
        {
            cache.Remove(key);
            return Task.CompletedTask;
        }
    }
}
