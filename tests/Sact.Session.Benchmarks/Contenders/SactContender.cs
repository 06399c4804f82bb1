using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Benchmarks;

/// <summary>This library over one of its stores.</summary>
internal sealed class SactContender(string store, Action<SactSessionBuilder> choose) : Contender
{
    public override string Name => "Sact, " + store;

    public override string Forgery(string issued) => "__Host-sid=" + new string('A', 56);

    public override void Register(IServiceCollection services) => choose(services.AddSactSession());

    public override void Use(IApplicationBuilder app) => app.UseSactSession();

    protected override RequestDelegate? Asking(Scenario scenario) => scenario switch
    {
        Scenario.Read => static context => ReadAsync(context, context.GetSactSession()),
        Scenario.ReadInjected =>
            static context => ReadAsync(context, context.RequestServices.GetRequiredService<ISession<IGenericStore>>()),
        Scenario.ReadLarge => static async context => Use(context, (await context.GetSactSession().GetAsync())?[Large], "", "", ""),
        Scenario.Update => static async context =>
        {
            if (!await context.GetSactSession().UpdateAsync(new JsonObject { [Name3] = "light" }))
            {
                throw new InvalidOperationException("The session was not there to be updated.");
            }
        }
        ,
        Scenario.SignIn =>
            static async context =>
                await context.GetSactSession().SetAsync(
                    Users.Next(), new JsonObject { [Name1] = "Ada", [Name2] = "admin", [Name3] = "dark" }),
        Scenario.SignOut => static async context => await context.GetSactSession().DeleteAsync(),
        Scenario.List =>
            static async context =>
                Use(context, (await context.GetSactSession().GetActiveSessionsAsync()).Count > 0 ? "" : null, "", "", ""),
        _ => null,
    };

    public static RequestDelegate SignInLarge { get; } = static async context =>
        await context.GetSactSession().SetAsync(Users.Next(), new JsonObject { [Large] = Kilobyte });

    private static async Task ReadAsync(HttpContext context, ISession<IGenericStore> session)
    {
        var me = await session.GetAsync();
        Use(context, me?.UserId, me?[Name1], me?[Name2], me?[Name3]);
    }
}
