using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>Finds out whether a request is for an endpoint with <see cref="DisableSlidingExpirationAttribute"/>.</summary>
internal static class PollingEndpoint
{
    public static bool IsReached(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<DisableSlidingExpirationAttribute>() is not null;
}
