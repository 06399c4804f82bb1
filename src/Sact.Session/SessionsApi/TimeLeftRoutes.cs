using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Sact.Session;

/// <summary>The endpoints of <c>MapSactSessionTimeLeft</c>: plain request delegates, which Native AOT compiles.</summary>
internal sealed class TimeLeftRoutes(Func<HttpContext, RequestSession> sessionOf)
{
    private static readonly EmbeddedFile s_script = new("SessionsApi.time-left.js", "text/javascript; charset=utf-8");

    public void Map(RouteGroupBuilder group)
    {
        group.MapGet("", ShowAsync).DisableSlidingExpiration();
        group.MapPost("", StayAsync);
        group.MapDelete("", SignOutAsync).DisableSlidingExpiration();
        group.MapGet("/script.js", static context => s_script.SendAsync(context, "private, max-age=3600"));
    }

    private Task ShowAsync(HttpContext context) => AnswerAsync(context);

    private async Task StayAsync(HttpContext context)
    {
        if (!await RefusesAsync(context).ConfigureAwait(false))
        {
            await AnswerAsync(context).ConfigureAwait(false);
        }
    }

    private async Task SignOutAsync(HttpContext context)
    {
        if (!await RefusesAsync(context).ConfigureAwait(false))
        {
            await sessionOf(context).End.SignOutAsync(CancellationToken.None).ConfigureAwait(false);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        SessionRoutes.ForbidOtherSites(context);
        var session = sessionOf(context);
        if (await session.ReadSignedInAsync().ConfigureAwait(false) is not { } signedIn)
        {
            await SessionChallenge.NobodyAsync(context, session.State.EndReason).ConfigureAwait(false);
            return;
        }

        await context.Response.WriteAsJsonAsync(
            TimeLeft.Of(signedIn.Record, session.Now),
            ListedSessionJson.Default.TimeLeft,
            cancellationToken: context.RequestAborted).ConfigureAwait(false);
    }

    private async Task<bool> RefusesAsync(HttpContext context)
    {
        if (CrossSiteGuard.Allows(context.Request))
        {
            return false;
        }

        SessionsApiLog.CrossSite(sessionOf(context).Telemetry.Log);
        await SessionRoutes.RefuseAsync(context).ConfigureAwait(false);
        return true;
    }
}
