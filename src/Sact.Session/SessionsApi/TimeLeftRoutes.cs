using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Sact.Session;

/// <summary>The endpoints of <c>MapSactSessionTimeLeft</c>: plain request delegates, which Native AOT compiles.</summary>
internal sealed class TimeLeftRoutes(Func<HttpContext, RequestSession> sessionOf)
{
    private const string Resource = "Sact.Session.SessionsApi.time-left.js";

    private static readonly Lazy<byte[]> s_script = new(ReadScript);

    public void Map(RouteGroupBuilder group)
    {
        group.MapGet("", ShowAsync).DisableSlidingExpiration();
        group.MapPost("", StayAsync);
        group.MapDelete("", SignOutAsync).DisableSlidingExpiration();
        group.MapGet("/script.js", SendScriptAsync);
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

    private static async Task SendScriptAsync(HttpContext context)
    {
        context.Response.ContentType = "text/javascript; charset=utf-8";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.CacheControl = "private, max-age=3600";
        context.Response.ContentLength = s_script.Value.Length;
        await context.Response.Body.WriteAsync(s_script.Value, context.RequestAborted).ConfigureAwait(false);
    }

    private static byte[] ReadScript()
    {
        using var resource = typeof(TimeLeftRoutes).Assembly.GetManifestResourceStream(Resource)!;
        using var copy = new MemoryStream();
        resource.CopyTo(copy);
        return copy.ToArray();
    }
}
