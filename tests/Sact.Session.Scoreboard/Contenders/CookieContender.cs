using System.Collections.Concurrent;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Scoreboard;

/// <summary>Cookie authentication, without and with a ticket store. Data of the session are claims.</summary>
internal sealed class CookieContender(bool hasStore) : DotNetContender
{
    private const string Scheme = CookieAuthenticationDefaults.AuthenticationScheme;

    public override string Name => hasStore ? "AddCookie, ITicketStore" : "AddCookie";

    public override string Configuration => hasStore
        ? "The same, with a ticket store in memory like that of the framework's sample `CookieSessionSample`."
        : "The sample of the documentation: `AddCookie()` with its defaults. A value is changed by a new `SignInAsync`.";

    protected override string CookieName => ".AspNetCore.Cookies";

    protected override string Version => VersionOf(typeof(CookieAuthenticationHandler));

    protected override Task<StoreControls> RegisterAsync(IServiceCollection services, MovedClock clock, bool withFaults)
    {
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        var store = hasStore ? new Tickets(clock) : null;
        services.AddAuthentication(Scheme).AddCookie(options => options.SessionStore = store);
        return Task.FromResult(store is null
            ? new StoreControls { Reason = StoreControls.Stateless }
            : new StoreControls
            {
                Reason = "The ticket store is the application's.",
                Break = isDown => store.IsDown = isDown,
            });
    }

    protected override void Use(WebApplication app) => app.UseAuthentication();

    protected override SessionVerbs VerbsOf(HttpContext context) => new Verbs(context);

    private sealed class Verbs(HttpContext context) : SessionVerbs
    {
        public override Task<string?> UserAsync() => ReadAsync(ClaimTypes.NameIdentifier);

        public override Task<string?> ReadAsync(string key) => Task.FromResult(context.User.FindFirst(key)?.Value);

        public override async Task<bool> WriteAsync(string key, string value)
        {
            var ticket = (await context.AuthenticateAsync()).Ticket!;
            var identity = ticket.Principal.Identities.First().Clone();
            identity.TryRemoveClaim(identity.FindFirst(key));
            identity.AddClaim(new Claim(key, value));
            await context.SignInAsync(new ClaimsPrincipal(identity), ticket.Properties);
            return true;
        }

        public override Task SignInAsync(string user) =>
            context.SignInAsync(new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, user)], Scheme)));

        public override Task SignOutAsync() => context.SignOutAsync();
    }

    private sealed class Tickets(MovedClock clock) : ITicketStore
    {
        private readonly ConcurrentDictionary<string, AuthenticationTicket> _tickets = new();

        public bool IsDown { get; set; }

        public async Task<string> StoreAsync(AuthenticationTicket ticket)
        {
            string key = "AuthSessionStore-" + Guid.NewGuid();
            await RenewAsync(key, ticket);
            return key;
        }

        public Task RenewAsync(string key, AuthenticationTicket ticket)
        {
            Up()[key] = ticket;
            return Task.CompletedTask;
        }

        public Task<AuthenticationTicket?> RetrieveAsync(string key)
        {
            var ticket = Up().GetValueOrDefault(key);
            return Task.FromResult(ticket?.Properties.ExpiresUtc <= clock.GetUtcNow() ? null : ticket);
        }

        public Task RemoveAsync(string key)
        {
            Up().TryRemove(key, out _);
            return Task.CompletedTask;
        }

        private ConcurrentDictionary<string, AuthenticationTicket> Up() =>
            IsDown ? throw new InvalidOperationException("The store is down.") : _tickets;
    }
}
