using System.Security.Claims;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// How the authentication scheme behaves: the options of the framework's cookie scheme, so that what an application has set there moves over as it is (paths, events, <c>ReturnUrlParameter</c>,
/// <c>ForwardXxx</c>), and a few of its own.
/// </summary>
/// <remarks>
/// <para>The cookie is the session's. Setting <see cref="CookieAuthenticationOptions.Cookie"/>, <see cref="CookieAuthenticationOptions.CookieManager"/>, <see cref="CookieAuthenticationOptions.TicketDataFormat"/>
/// or <see cref="CookieAuthenticationOptions.SessionStore"/> is refused at start-up with the mend; <see cref="CookieAuthenticationOptions.DataProtectionProvider"/> is not needed.</para>
/// <para><b>Lifetimes</b> never go beyond <see cref="SactSessionOptions"/>. <see cref="CookieAuthenticationOptions.ExpireTimeSpan"/> shortens the idle timeout. If
/// <see cref="CookieAuthenticationOptions.SlidingExpiration"/> or the sign-in's <see cref="AuthenticationProperties.AllowRefresh"/> is false, it shortens the absolute timeout instead: the session ends then, however
/// much it is used. The sign-in's <see cref="AuthenticationProperties.ExpiresUtc"/> always shortens the absolute one.</para>
/// </remarks>
public sealed class SactSessionAuthenticationOptions : CookieAuthenticationOptions
{
    /// <summary>
    /// The claim whose value is the user id, of any identity of the principal. Default: <see cref="ClaimTypes.NameIdentifier"/>. A sign-in without it is an <see cref="InvalidOperationException"/>.
    /// </summary>
    public string UserIdClaimType { get; set; } = ClaimTypes.NameIdentifier;

    /// <summary>
    /// What to keep of a principal as the session's metadata, in place of all its claims. Null (default): every identity and claim, in a field of the library's own that
    /// <see cref="ISactSession.UpdateAsync(JsonObject, CancellationToken)"/> cannot write. Set it together with <see cref="FromMetadata"/>. What you keep in ordinary fields your own code can change: never let
    /// users write them.
    /// </summary>
    public Func<ClaimsPrincipal, JsonObject>? ToMetadata { get; set; }

    /// <summary>
    /// Makes the principal of a signed-in session; null from it means that nobody is authenticated. Never called for an anonymous or pending session. Null (default): the principal that was signed in, or, of a
    /// session signed in by <c>ISession.SetAsync</c>, one with the user id alone. Set it together with <see cref="ToMetadata"/>.
    /// </summary>
    public Func<SessionData, ClaimsPrincipal?>? FromMetadata { get; set; }

    /// <summary>
    /// The claim that carries the user's security stamp. Default: ASP.NET Core Identity's, <c>AspNet.Identity.SecurityStamp</c>. When a sign-in brings another stamp than the user's other sessions have (a new password, a
    /// second factor switched on), those end at once (ASVS 5.0 V7.4.3). Only its hash is kept apart. Null: they stay until they are validated.
    /// </summary>
    public string? SecurityStampClaimType { get; set; } = "AspNet.Identity.SecurityStamp";

    /// <summary>Which registration of sessions the scheme stands on, if the store's type alone does not say it: the name given to <c>AddSactSession(name, …)</c>. Null (default): by the store's type.</summary>
    public string? SessionName { get; set; }

    /// <summary>The session of a request that the scheme stands on.</summary>
    internal Func<HttpContext, string?, RequestSession> Session { get; set; } = null!;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        if (string.IsNullOrEmpty(UserIdClaimType))
        {
            throw new InvalidOperationException($"UserIdClaimType is empty. Set {nameof(SactSessionAuthenticationOptions)}.{nameof(UserIdClaimType)} to the claim that carries the user id.");
        }

        if (ToMetadata is null != FromMetadata is null)
        {
            throw new InvalidOperationException($"ToMetadata and FromMetadata go together: what one keeps the other must read. Set both in {nameof(SactSessionAuthenticationOptions)}, or neither.");
        }
    }

    /// <summary>Refuses what would have no effect. The cookie of an option that an application relies on (a Domain, a name) must not be lost in silence.</summary>
    /// <exception cref="InvalidOperationException">Something of the cookie is set here.</exception>
    internal void ThrowIfCookieIsSet(string scheme)
    {
        var usual = new CookieAuthenticationOptions().Cookie;
        if (Cookie.Name is not null || Cookie.Domain is not null || Cookie.Path is not null || Cookie.SameSite != usual.SameSite || Cookie.SecurePolicy != usual.SecurePolicy || !Cookie.HttpOnly
            || !Cookie.IsEssential || Cookie.MaxAge is not null || Cookie.Extensions.Count > 0)
        {
            throw new InvalidOperationException(
                $"The cookie of scheme '{scheme}' is the session's. Set builder.Services.AddSactSession(o => o.Cookie…) in place of the scheme's Cookie, and SactSessionOptions.AbsoluteTimeout in place of its MaxAge.");
        }

        if (SessionStore is not null || TicketDataFormat is not null || CookieManager is not null)
        {
            throw new InvalidOperationException(
                $"Scheme '{scheme}' keeps its tickets in the session. Leave SessionStore, TicketDataFormat and CookieManager unset; to keep AddCookie() and only its tickets here, call AddSactTicketStore() in place of AddSactSession<TStore>().");
        }
    }
}
