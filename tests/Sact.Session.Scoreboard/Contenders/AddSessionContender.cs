using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Scoreboard;

/// <summary>
/// <c>Microsoft.AspNetCore.Session</c> used as a login session, as its documentation has it. A second configuration calls
/// <c>LoadAsync</c> before each access and <c>CommitAsync</c> after each write.
/// </summary>
internal sealed class AddSessionContender(bool commits) : DotNetContender
{
    private const string User = "user";

    public override string Name => commits ? "AddSession, CommitAsync" : "AddSession";

    public override string Configuration => commits
        ? "The same, with `LoadAsync` before and `CommitAsync` after each access, as the documentation recommends for errors of the store."
        : "The sample of the documentation: `AddSession()` over `AddDistributedMemoryCache()`, and `Clear()` to sign out.";

    protected override string CookieName => ".AspNetCore.Session";

    protected override string Version => VersionOf(typeof(Microsoft.AspNetCore.Session.SessionMiddleware));

    protected override Task<StoreControls> RegisterAsync(IServiceCollection services, MovedClock clock, bool withFaults)
    {
        var cache = new ObservedCache(clock);
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        services.AddSingleton<IDistributedCache>(cache);
        services.AddSession(static options =>
        {
            options.Cookie.HttpOnly = true;
            options.Cookie.IsEssential = true;
        });
        return Task.FromResult(new StoreControls
        {
            Reason = "The ids of AddSession cannot be chosen.",
            CountAsync = () => Task.FromResult(cache.Count()),
            DumpAsync = () => Task.FromResult(cache.Dump()),
            Break = isDown => cache.IsDown = isDown,
        });
    }

    protected override void Use(WebApplication app) => app.UseSession();

    protected override SessionVerbs VerbsOf(HttpContext context) => new Verbs(context.Session, commits);

    private sealed class Verbs(Microsoft.AspNetCore.Http.ISession session, bool commits) : SessionVerbs
    {
        public override Task<string?> UserAsync() => ReadAsync(User);

        public override async Task<string?> ReadAsync(string key)
        {
            if (commits)
            {
                await session.LoadAsync();
            }

            return session.GetString(key);
        }

        public override async Task<bool> WriteAsync(string key, string value)
        {
            if (commits)
            {
                await session.LoadAsync();
            }

            session.SetString(key, value);
            await CommitAsync();
            return true;
        }

        public override Task VisitAsync(string key, string value) => WriteAsync(key, value);

        public override Task SignInAsync(string user) => WriteAsync(User, user);

        public override async Task SignOutAsync()
        {
            session.Clear();
            await CommitAsync();
        }

        private Task CommitAsync() => commits ? session.CommitAsync() : Task.CompletedTask;
    }
}
