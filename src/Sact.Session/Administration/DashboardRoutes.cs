using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>The page of the dashboard and the API behind it: plain request delegates, which Native AOT compiles.</summary>
[SuppressMessage(
    "Design",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "It lives as long as the endpoints, and a semaphore without a wait handle holds nothing.")]
internal sealed class DashboardRoutes(ISessionAdministration sessions, TimeProvider clock, ILogger log)
{
    public const string BadRequestType = "urn:sact-session:bad-query";
    public const string CannotQueryType = "urn:sact-session:cannot-query";

    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

    private const string Root = "{{root}}";
    private const int HandleBytes = 9;

    private static readonly TimeSpan s_countedFor = TimeSpan.FromSeconds(10);
    private static readonly EmbeddedFile s_page = new("Administration.dashboard.html", "text/html; charset=utf-8");
    private static readonly EmbeddedFile s_script = new("Administration.dashboard.js", "text/javascript; charset=utf-8");
    private static readonly EmbeddedFile s_style = new("Administration.dashboard.css", "text/css; charset=utf-8");

    // A handle is the same until the process ends. With a fixed key anybody could try out ids.
    private static readonly byte[] s_handleKey = RandomNumberGenerator.GetBytes(32);

    private readonly SemaphoreSlim _counting = new(1, 1);
    private volatile DashboardCounts? _counts;

    // As a timestamp: the time of day may jump. The semaphore guards it.
    private long _countedAt;

    public void Map(RouteGroupBuilder group)
    {
        group.MapGet("", SendPageAsync);
        group.MapGet("/dashboard.js", static context => SendFileAsync(context, s_script));
        group.MapGet("/dashboard.css", static context => SendFileAsync(context, s_style));

        // An open page counts by itself, and must not keep the session of an unattended desk alive.
        group.MapGet("/api/counts", Answering(CountAsync)).DisableSlidingExpiration();
        group.MapGet("/api/sessions", Answering(FindAsync));
        group.MapGet("/api/sessions/{key}", Answering(ShowAsync));
        group.MapDelete("/api/sessions/{key}", Answering(EndOneAsync));
        group.MapDelete("/api/sessions", Answering(EndSeveralAsync));
    }

    private static Task SendPageAsync(HttpContext context)
    {
        // The files and the API are beside the page, whatever path the application or a proxy has given it.
        string root = context.Request.PathBase.Add(context.Request.Path).ToUriComponent().TrimEnd('/');
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        SessionRoutes.ForbidOtherSites(context);
        return s_page.SendVersionAsync(context, s_page.Text.Replace(Root, HtmlEncoder.Default.Encode(root), StringComparison.Ordinal));
    }

    private static Task SendFileAsync(HttpContext context, EmbeddedFile file)
    {
        SessionRoutes.ForbidOtherSites(context);
        return file.SendAsync(context, "private, no-cache");
    }

    /// <summary>
    /// Answers as every endpoint of the API must: never cached, for this site only, and with a refusal in place of an exception that names
    /// what is wrong with the request. A change must come from this site.
    /// </summary>
    private RequestDelegate Answering(Func<HttpContext, Task> answer) => async context =>
    {
        context.Response.Headers.CacheControl = "no-store";
        SessionRoutes.ForbidOtherSites(context);
        if (!HttpMethods.IsGet(context.Request.Method) && !CrossSiteGuard.Allows(context.Request))
        {
            SessionsApiLog.CrossSite(log);
            await SessionRoutes.RefuseAsync(context).ConfigureAwait(false);
            return;
        }

        try
        {
            await answer(context).ConfigureAwait(false);
        }
        catch (ArgumentException refusal) when (!context.Response.HasStarted)
        {
            // The message without the name of the parameter. No message of the administration repeats a value.
            string message = refusal.Message.Split(" (Parameter", 2)[0];
            await RefuseAsync(context, StatusCodes.Status400BadRequest, BadRequestType, "The request breaks a rule.", message)
                .ConfigureAwait(false);
        }
        catch (NotSupportedException refusal) when (!context.Response.HasStarted)
        {
            await RefuseAsync(
                context, StatusCodes.Status501NotImplemented, CannotQueryType, "The store cannot do this.", refusal.Message)
                .ConfigureAwait(false);
        }
    };

    private async Task CountAsync(HttpContext context)
    {
        // Over Redis a count reads all keys. However many pages are open, one count runs, at most every ten seconds.
        DashboardCounts? answer;
        await _counting.WaitAsync(context.RequestAborted).ConfigureAwait(false);
        try
        {
            answer = _counts;
            if (answer is null || clock.GetElapsedTime(_countedAt) >= s_countedFor)
            {
                var (began, timestamp) = (clock.GetUtcNow(), clock.GetTimestamp());
                var counts = await sessions.CountAsync(context.RequestAborted).ConfigureAwait(false);
                _counts = answer = new(counts.SignedIn, counts.Pending, counts.Anonymous, began);
                _countedAt = timestamp;
            }
        }
        finally
        {
            _counting.Release();
        }

        await WriteAsync(context, answer, DashboardJson.Default.DashboardCounts).ConfigureAwait(false);
    }

    private async Task FindAsync(HttpContext context)
    {
        var page = await sessions.FindAsync(QueryOf(context), context.RequestAborted).ConfigureAwait(false);
        await WriteAsync(context, page, DashboardJson.Default.AdministeredSessionPage).ConfigureAwait(false);
    }

    private async Task ShowAsync(HttpContext context)
    {
        if (await sessions.GetAsync(KeyOf(context), context.RequestAborted).ConfigureAwait(false) is not { } found)
        {
            await RefuseUnknownAsync(context).ConfigureAwait(false);
            return;
        }

        await WriteAsync(context, found, DashboardJson.Default.AdministeredSessionDetails).ConfigureAwait(false);
    }

    private async Task EndOneAsync(HttpContext context)
    {
        var key = KeyOf(context);
        if (await sessions.EndAsync(key, await ActorOfAsync(context).ConfigureAwait(false), CancellationToken.None).ConfigureAwait(false))
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        await RefuseUnknownAsync(context).ConfigureAwait(false);
    }

    private async Task EndSeveralAsync(HttpContext context)
    {
        var query = QueryOf(context);
        string actor = await ActorOfAsync(context).ConfigureAwait(false);
        bool endsAll = context.Request.Query["all"] == "true";
        if (context.Request.Query.ContainsKey("all") && !endsAll)
        {
            throw new ArgumentException("The value of 'all' must be 'true'. Leave it out to end what the conditions select.");
        }

        if (endsAll && !query.IsEmpty)
        {
            throw new ArgumentException("The request has conditions and 'all' as well. Send one of them.");
        }

        // What has begun is finished, although the administrator may close the page.
        long ended = endsAll ? await sessions.EndAllAsync(actor, CancellationToken.None).ConfigureAwait(false)
            : query is { UserId: { } userId } && (query with { UserId = null }).IsEmpty
                ? await sessions.EndUserAsync(userId, actor, CancellationToken.None).ConfigureAwait(false)
            : await sessions.EndMatchingAsync(query, actor, CancellationToken.None).ConfigureAwait(false);
        _counts = null;
        await WriteAsync(context, new DashboardEnded(ended), DashboardJson.Default.DashboardEnded).ConfigureAwait(false);
    }

    private static SessionQuery QueryOf(HttpContext context) => DashboardQuery.Read(context.Request.Query) ?? throw new ArgumentException(
        "The query has an unknown name, a name twice, or a value that cannot be read. Use ISO 8601 for times, and signedIn, pending or "
        + "anonymous for the state.");

    private static SessionKey KeyOf(HttpContext context) =>
        SessionKey.TryParse(context.Request.RouteValues["key"] as string, null, out var key) && !key.IsDefault
            ? key
            : throw new ArgumentException("The path has no session key. Use the 'key' of a session in the list.");

    /// <summary>
    /// The administrator's session key. Without a session of this library it is a handle made of the user's id, because a log holds no user
    /// id.
    /// </summary>
    private static async Task<string> ActorOfAsync(HttpContext context)
    {
        if (await SessionOfAsync(context).ConfigureAwait(false) is { } key)
        {
            return $"session {key}";
        }

        string? id = context.User.FindFirstValue(ClaimTypes.NameIdentifier) ?? context.User.Identity?.Name;
        byte[] hash = HMACSHA256.HashData(s_handleKey, Encoding.UTF8.GetBytes(id ?? ""));
        return string.IsNullOrEmpty(id) ? "a user without an id" : $"user #{Base64Url.EncodeToString(hash.AsSpan(0, HandleBytes))}";
    }

    /// <summary>
    /// The session from which the user of the request comes. Another session of the same browser may be another user's, and must not be
    /// named.
    /// </summary>
    private static async Task<SessionKey?> SessionOfAsync(HttpContext context)
    {
        string? scheme = context.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Ticket?.AuthenticationScheme;
        if (scheme is not null
            && context.RequestServices.GetService<AuthenticationRegistry>()?.Find(scheme) is not null
            && await SignedInSessions.OfAsync(context, name: null, [scheme]).ConfigureAwait(false) is { IsEmpty: false } signedIn)
        {
            return signedIn.Key;
        }

        return null;
    }

    private static Task RefuseUnknownAsync(HttpContext context) => RefuseAsync(
        context,
        StatusCodes.Status404NotFound,
        SessionRoutes.NoSuchSessionType,
        "There is no such session.",
        "It may have ended or expired. Search again.");

    private static Task RefuseAsync(HttpContext context, int status, string type, string title, string detail) =>
        SessionChallenge.WriteAsync(context, status, type, title, detail);

    private static Task WriteAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type) =>
        context.Response.WriteAsJsonAsync(value, type, cancellationToken: context.RequestAborted);
}
