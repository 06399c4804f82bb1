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
    public static void WarnIfReachedLater(HttpContext context, SessionTelemetry telemetry)
    {
        if (context.GetEndpoint() is not null || telemetry.HasReportedDisabledTooLate || context.Response.HasStarted)
        {
            return;
        }

        context.Response.OnStarting(() =>
        {
            if (IsReached(context))
            {
                telemetry.DisabledTooLate(context.GetEndpoint()!.DisplayName);
            }

            return Task.CompletedTask;
        });
    }
}
