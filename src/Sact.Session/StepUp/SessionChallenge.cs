using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// The refusals that the library's own endpoints and conditions answer with: a status, problem details (RFC 9457) of a stable <c>type</c>, and where it is 401 a <c>WWW-Authenticate</c> that a client can tell apart. Never cached.
/// </summary>
internal static class SessionChallenge
{
    public const string NotSignedInType = "urn:sact-session:not-signed-in";
    public const string InsufficientType = "urn:sact-session:insufficient-user-authentication";

    private const string Scheme = "SactSession";

    /// <summary>Nobody is signed in.</summary>
    public static Task NobodyAsync(HttpContext context)
    {
        context.Response.Headers.WWWAuthenticate = Scheme;
        return WriteAsync(context, StatusCodes.Status401Unauthorized, NotSignedInType, "Nobody is signed in.", "Sign in, then try again.");
    }

    /// <summary>Somebody is signed in, but not so recently or not so well as is asked here.</summary>
    public static Task InsufficientAsync(HttpContext context, SessionRequirement demand)
    {
        context.Response.Headers.WWWAuthenticate = $"{Scheme} error=\"insufficient_user_authentication\"{demand.Parameters()}";
        return WriteAsync(context, StatusCodes.Status401Unauthorized, InsufficientType, "Prove once more who you are.", "Show your password or a further factor again, then repeat the request.", demand);
    }

    /// <summary>Any other refusal.</summary>
    public static async Task WriteAsync(HttpContext context, int status, string type, string title, string detail, SessionRequirement? demand = null)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.Headers.CacheControl = "no-store";
        response.ContentType = "application/problem+json";
        var body = new System.Buffers.ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            json.WriteString("title", title);
            json.WriteNumber("status", status);
            json.WriteString("detail", detail);
            if (demand?.Within is { } within)
            {
                json.WriteNumber("maxAge", SessionRequirement.MaxAge(within));
            }

            if (demand?.Level is { } level)
            {
                json.WriteNumber("assuranceLevel", level);
            }

            json.WriteEndObject();
        }

        response.ContentLength = body.WrittenCount;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted).ConfigureAwait(false);
        }
    }
}
