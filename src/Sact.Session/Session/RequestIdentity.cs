using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Sact.Session;

/// <summary>
/// Tells one request from another. Batches and sub-requests are run on a new context over a copy of the features, in which what belongs to
/// the first request is found. The copy has another request feature, and so other cookies.
/// </summary>
internal static class RequestIdentity
{
    public static bool IsSame(HttpContext one, HttpContext other) =>
        ReferenceEquals(one, other)
        || ReferenceEquals(one.Features[typeof(IHttpRequestFeature)], other.Features[typeof(IHttpRequestFeature)]);
}
