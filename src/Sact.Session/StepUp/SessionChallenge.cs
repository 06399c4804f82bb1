using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// The refusals of the library's endpoints and requirements: a status, problem details (RFC 9457) with a stable <c>type</c>, and for a 401
/// a <c>WWW-Authenticate</c> header that a client can distinguish. They are never cached.
/// </summary>
internal static class SessionChallenge
{
    public const string NotSignedInType = "urn:sact-session:not-signed-in";
    public const string InsufficientType = "urn:sact-session:insufficient-user-authentication";

    private const string Scheme = "SactSession";

    /// <summary>Answers that nobody is signed in, and why, if the client presented an id that was valid when its session ended.</summary>
    public static Task NobodyAsync(HttpContext context, SessionEndReason? ended)
    {
        context.Response.Headers.WWWAuthenticate = Scheme;
        return WriteAsync(
            context,
            StatusCodes.Status401Unauthorized,
            NotSignedInType,
            "Nobody is signed in.",
            "Sign in, then try again.",
            ended: ended);
    }

    /// <summary>Answers that the session does not meet a requirement.</summary>
    public static Task InsufficientAsync(HttpContext context, SessionRequirement requirement)
    {
        context.Response.Headers.WWWAuthenticate = $"{Scheme} error=\"insufficient_user_authentication\"{requirement.Parameters()}";
        return WriteAsync(
            context,
            StatusCodes.Status401Unauthorized,
            InsufficientType,
            "Prove your identity again.",
            "Enter your password or a further factor again, then repeat the request.",
            requirement);
    }

    /// <summary>Writes any refusal.</summary>
    public static async Task WriteAsync(
        HttpContext context,
        int status,
        string type,
        string title,
        string detail,
        SessionRequirement? requirement = null,
        SessionEndReason? ended = null)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.Headers.CacheControl = "no-store";
        response.ContentType = "application/problem+json";
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            json.WriteString("title", title);
            json.WriteNumber("status", status);
            json.WriteString("detail", detail);
            if (requirement?.Within is { } within)
            {
                json.WriteNumber("maxAge", SessionRequirement.MaxAge(within));
            }

            if (requirement?.Level is { } level)
            {
                json.WriteNumber("assuranceLevel", level);
            }

            if (ended is { } reason)
            {
                json.WriteString("endReason", JsonNamingPolicy.CamelCase.ConvertName(reason.ToString()));
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
