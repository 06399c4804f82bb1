using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>Finds out whether a request is for an endpoint with <see cref="DisableSactSessionAttribute"/>.</summary>
internal static class DisabledEndpoint
{
    public static bool IsReached(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<DisableSactSessionAttribute>() is not null;

    /// <summary>
    /// The endpoint is not known yet where the application calls <c>UseRouting()</c> and leaves <c>UseAuthentication()</c> to the
    /// framework, as some templates do.
    /// </summary>
    public static void WarnIfReachedLater(HttpContext context, RequestSession session)
    {
        if (context.GetEndpoint() is not null || session.Telemetry.HasReportedDisabledTooLate || context.Response.HasStarted)
        {
            return;
        }

        context.Response.OnStarting(
            static state =>
            {
                var session = (RequestSession)state;
                if (session.Request.Read(ReachedLate) is { } endpoint)
                {
                    session.Telemetry.DisabledTooLate(endpoint.DisplayName);
                }

                return Task.CompletedTask;
            },
            session);
    }

    private static Endpoint? ReachedLate(HttpContext context)
    {
        // A page that an error or a missing page runs again has another endpoint than the request had.
        bool isRunAgain = context.Features.Get<IStatusCodeReExecuteFeature>() is not null
            || context.Features.Get<IExceptionHandlerFeature>() is not null;
        return !isRunAgain && IsReached(context) ? context.GetEndpoint() : null;
    }
}
