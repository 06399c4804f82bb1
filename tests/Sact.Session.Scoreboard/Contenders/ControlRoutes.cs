using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Sact.Session.Scoreboard;

/// <summary>What the scoreboard itself does to an application of .NET. <c>peers/shared/listen.mjs</c> has the same for Node.</summary>
internal sealed class ControlRoutes(StoreControls controls, Gates gates, MovedClock clock)
{
    public void Map(WebApplication app, string cookieName, string version)
    {
        On(app, "about", _ => Task.FromResult($"{cookieName}\n{version}"));
        On(app, "clock", request => DoAsync(
            () => clock.Advance(TimeSpan.FromSeconds(double.Parse(request.Query["seconds"]!, CultureInfo.InvariantCulture)))));
        On(app, "open", request => DoAsync(() => gates.Open(request.Query["gate"]!)));
        On(app, "arrived", async request =>
        {
            await gates.ArrivedAsync(request.Query["gate"]!, int.Parse(request.Query["count"]!, CultureInfo.InvariantCulture))
                .WaitAsync(request.HttpContext.RequestAborted);
            return "";
        });
        On(app, "records", async _ => (await Offered(controls.CountAsync)()).ToString(CultureInfo.InvariantCulture));
        On(app, "dump", async _ => string.Join('\n', await Offered(controls.DumpAsync, controls.DumpReason)()));
        On(app, "store", request => DoAsync(() => Offered(controls.Break)(request.Query["down"] == "true")));
        On(app, "repeat", request => DoAsync(() => Offered(controls.RepeatIds)(request.Query["on"] == "true")));
        On(app, "sweep", async _ =>
        {
            await Offered(controls.SweepReason is null ? controls.SweepAsync : null, controls.SweepReason)();
            return "";
        });
    }

    private static void On(WebApplication app, string verb, Func<HttpRequest, Task<string>> act) =>
        app.Map("/control/" + verb, async (HttpContext context) =>
        {
            try
            {
                await context.Response.WriteAsync(await act(context.Request));
            }
            catch (NotApplicableException missing)
            {
                context.Response.StatusCode = StatusCodes.Status501NotImplemented;
                await context.Response.WriteAsync(missing.Message);
            }
            catch (OperationCanceledException)
            {
                context.Abort();
            }
        });

    private static Task<string> DoAsync(Action act)
    {
        act();
        return Task.FromResult("");
    }

    private TControl Offered<TControl>(TControl? control, string? reason = null)
        where TControl : Delegate => control ?? throw new NotApplicableException(reason ?? controls.Reason);
}
