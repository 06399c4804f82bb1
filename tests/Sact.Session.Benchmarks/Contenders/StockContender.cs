using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Benchmarks;

/// <summary><c>Microsoft.AspNetCore.Session</c> over a distributed cache, used as a login session is.</summary>
internal sealed class StockContender(string cache, Action<IServiceCollection> register) : Contender
{
    private const string User = "user";

    public override string Name => "AddSession, " + cache;

    // The protected form with one character of the cipher changed.
    public override string Forgery(string issued)
    {
        int place = issued.Length - 12;
        return issued[..place] + (issued[place] == 'A' ? 'B' : 'A') + issued[(place + 1)..];
    }

    public override void Register(IServiceCollection services)
    {
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        register(services);
        services.AddSession(static options => options.IdleTimeout = TimeSpan.FromDays(7));
    }

    public override void Use(IApplicationBuilder app) => app.UseSession();

    protected override RequestDelegate? Asking(Scenario scenario) => scenario switch
    {
        Scenario.Read or Scenario.ReadInjected => static async context =>
        {
            var session = context.Session;
            await session.LoadAsync();
            Use(context, session.GetString(User), session.GetString(Name1), session.GetString(Name2), session.GetString(Name3));
        }
        ,
        Scenario.ReadLarge => static async context =>
        {
            await context.Session.LoadAsync();
            Use(context, context.Session.GetString(Large), "", "", "");
        }
        ,
        Scenario.Update => static async context =>
        {
            await context.Session.LoadAsync();
            context.Session.SetString(Name3, "light");
        }
        ,
        Scenario.SignIn => static async context =>
        {
            var session = context.Session;
            await session.LoadAsync();
            session.SetString(User, Users.Next());
            session.SetString(Name1, "Ada");
            session.SetString(Name2, "admin");
            session.SetString(Name3, "dark");
        }
        ,
        Scenario.SignOut => static async context =>
        {
            await context.Session.LoadAsync();
            context.Session.Clear();
            context.Response.Cookies.Delete(".AspNetCore.Session");
        }
        ,
        _ => null,
    };

    public static RequestDelegate SignInLarge { get; } = static async context =>
    {
        await context.Session.LoadAsync();
        context.Session.SetString(Large, Kilobyte);
    };
}
