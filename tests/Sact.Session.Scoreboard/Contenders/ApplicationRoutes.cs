using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Scoreboard;

/// <summary>
/// The application that every contender of .NET runs. <c>peers/shared/application.mjs</c> is the same application for those of Node.
/// </summary>
internal sealed class ApplicationRoutes(Gates gates, Func<HttpContext, SessionVerbs> verbsOf)
{
    private const string Public = "public, max-age=60";

    public void Map(WebApplication app)
    {
        app.MapGet("/output-cached/{page}", context => AnswerAsync(context, async verbs => await GreetAsync(verbs))).CacheOutput();
        app.MapGet("/response-cached/{page}", context => AnswerAsync(context, async verbs =>
        {
            context.Response.Headers.CacheControl = Public;
            return await GreetAsync(verbs);
        }));
        app.Map("/{**path}", AnyAsync);
    }

    private Task AnyAsync(HttpContext context) => AnswerAsync(context, verbs => RouteAsync(context, verbs));

    /// <summary>The status and the body; nobody is 401.</summary>
    private async Task<(int Status, string Body)> RouteAsync(HttpContext context, SessionVerbs verbs)
    {
        var query = context.Request.Query;
        string key = query["key"].ToString();
        string value = query["value"].ToString();
        string user = query["user"].ToString();
        string? gate = query["gate"];

        // A second segment only makes an address new, so that no answer of before is in a cache.
        switch (string.Concat("/", context.Request.Path.Value!.Split('/')[1]))
        {
            case "/login":
                await verbs.SignInAsync(user);
                return (200, user);
            case "/logout":
                await verbs.SignOutAsync();
                return (200, "signed out");
            case "/me":
                string? who = await verbs.UserAsync();
                await gates.PassAsync(gate);
                return who is null ? Nobody : (200, who);
            case "/visit":
                await verbs.VisitAsync(key, value);
                return (200, "kept");
            case "/get":
                return await verbs.ReadAsync(key) is { } found ? (200, found) : (404, "There is no such value.");
            case "/set":
                return await IfSignedInAsync(verbs, async () =>
                {
                    await gates.PassAsync(gate);
                    return await verbs.WriteAsync(key, value);
                });
            case "/add":
                return await IfSignedInAsync(verbs, async () =>
                {
                    await verbs.AddAsync(key, () => gates.PassAsync(gate));
                    return true;
                });
            case "/stream":
                return await IfSignedInAsync(verbs, async () =>
                {
                    await verbs.WriteAsync(key, value);
                    await context.Response.WriteAsync("written\n");
                    await context.Response.Body.FlushAsync();
                    await gates.PassAsync(gate);
                    return true;
                });
            case "/renew":
                return await IfSignedInAsync(verbs, verbs.RenewAsync);
            case "/logout-all":
                await verbs.SignOutEverywhereAsync();
                return (200, "signed out everywhere");
            case "/logout-others":
                await verbs.SignOutOthersAsync();
                return (200, "signed out the others");
            case "/devices":
                return (200, string.Join('\n', await verbs.DevicesAsync()));
            case "/end":
                return await verbs.EndAsync(query["handle"].ToString()) ? (200, "ended") : (404, "There is no such session.");
            case "/page":
                context.Response.Headers.CacheControl = Public;
                return await GreetAsync(verbs);
            case "/visited-page":
                context.Response.Headers.CacheControl = Public;
                await verbs.VisitAsync("theme", "dark");
                return (200, "hello");
            case "/plain":
                return await GreetAsync(verbs);
            default:
                return (404, "There is no such page.");
        }
    }

    private static (int Status, string Body) Nobody => (401, "Nobody is signed in.");

    private static async Task<(int Status, string Body)> GreetAsync(SessionVerbs verbs) =>
        (200, $"hello {await verbs.UserAsync() ?? "stranger"}");

    private static async Task<(int Status, string Body)> IfSignedInAsync(SessionVerbs verbs, Func<Task<bool>> act) =>
        await verbs.UserAsync() is not null && await act() ? (200, "done") : Nobody;

    private async Task AnswerAsync(HttpContext context, Func<SessionVerbs, Task<(int Status, string Body)>> act)
    {
        var (status, body) = await TryAsync(() => act(verbsOf(context)));
        if (!context.Response.HasStarted)
        {
            context.Response.StatusCode = status;
        }

        await context.Response.WriteAsync(body);
    }

    private static async Task<(int Status, string Body)> TryAsync(Func<Task<(int Status, string Body)>> act)
    {
        try
        {
            return await act();
        }
        catch (NotApplicableException missing)
        {
            return (StatusCodes.Status501NotImplemented, missing.Message);
        }
    }
}
