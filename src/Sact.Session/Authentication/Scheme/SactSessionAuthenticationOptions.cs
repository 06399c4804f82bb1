using System.Security.Claims;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// The options of the authentication scheme. They extend the options of the framework's cookie scheme, so an application keeps its paths,
/// events, <c>ReturnUrlParameter</c> and <c>ForwardXxx</c>.
/// </summary>
/// <remarks>
/// <para>The session sends the cookie. An application that sets <see cref="CookieAuthenticationOptions.Cookie"/>,
/// <see cref="CookieAuthenticationOptions.CookieManager"/>, <see cref="CookieAuthenticationOptions.TicketDataFormat"/>,
/// <see cref="CookieAuthenticationOptions.DataProtectionProvider"/> or <see cref="CookieAuthenticationOptions.SessionStore"/> fails at
/// start-up. The message says what to set instead. An event that changes <c>CookieOptions</c> fails with such a message too.</para>
/// <para><b>Events</b> work as in the framework. <c>OnCheckSlidingExpiration</c> decides for each request whether it extends the session;
/// <c>ShouldRenew</c> is true at first if <see cref="SactSessionOptions.TouchInterval"/> has passed. An expiry that
/// <c>OnValidatePrincipal</c> sets together with <c>ShouldRenew</c> shortens the session for this scheme. <c>OnSigningOut</c> runs while
/// the session still lives, which ends even if the event throws.</para>
/// <para><b>Lifetimes</b> never exceed those of <see cref="SactSessionOptions"/>. <see cref="CookieAuthenticationOptions.ExpireTimeSpan"/>
/// shortens the idle timeout. It shortens the absolute timeout instead if <see cref="CookieAuthenticationOptions.SlidingExpiration"/> or
/// the sign-in's <see cref="AuthenticationProperties.AllowRefresh"/> is false. The sign-in's
/// <see cref="AuthenticationProperties.ExpiresUtc"/> always shortens the absolute timeout.</para>
/// </remarks>
public sealed class SactSessionAuthenticationOptions : CookieAuthenticationOptions
{
    /// <summary>
    /// The type of the claim that carries the user id. Any identity of the principal may have it. Default:
    /// <see cref="ClaimTypes.NameIdentifier"/>. It must not be empty. A sign-in without the claim is an
    /// <see cref="InvalidOperationException"/>.
    /// </summary>
    public string UserIdClaimType { get; set; } = ClaimTypes.NameIdentifier;

    /// <summary>
    /// Maps a principal to the metadata of its session. Null (default): every identity and claim is kept, in a field that
    /// <see cref="ISactSession.UpdateAsync(JsonObject, CancellationToken)"/> cannot write. Set it together with <see cref="FromMetadata"/>.
    /// </summary>
    /// <remarks>Your code can change ordinary metadata. Never let users write the fields from which claims are made.</remarks>
    public Func<ClaimsPrincipal, JsonObject>? ToMetadata { get; set; }

    /// <summary>
    /// Makes the principal of a signed-in session. If it returns null, nobody is authenticated. It is never called for an anonymous or
    /// pending session. Set it together with <see cref="ToMetadata"/>.
    /// </summary>
    /// <remarks>
    /// Null (default): the principal that was signed in. A session that <c>ISactSession.SetAsync</c> signed in has a principal with the
    /// user id alone.
    /// </remarks>
    public Func<SessionData, ClaimsPrincipal?>? FromMetadata { get; set; }

    /// <summary>
    /// The type of the claim that carries the user's security stamp. Default: <c>AspNet.Identity.SecurityStamp</c>, the type of ASP.NET
    /// Core Identity. A sign-in with a new stamp ends the user's sessions with another stamp at once (ASVS 5.0 V7.4.3).
    /// </summary>
    /// <remarks>
    /// Identity changes the stamp with the password or a second factor. Null: those sessions live until the application validates them.
    /// The library compares hashes of the stamps, which it keeps in a field apart from the claims.
    /// </remarks>
    public string? SecurityStampClaimType { get; set; } = "AspNet.Identity.SecurityStamp";

    /// <summary>
    /// The name of the registration that the scheme uses, as given to <c>AddSactSession(name, …)</c>. Null (default): the registration is
    /// found by the type of its store.
    /// </summary>
    public string? SessionName { get; set; }

    /// <summary>The fields of the metadata that are claims.</summary>
    internal MappedClaims MappedClaims => field ??= new MappedClaims(this);

    /// <summary>Returns the session of a request, in the registration that the scheme uses.</summary>
    internal Func<HttpContext, string?, RequestSession> Session { get; set; } = null!;

    /// <summary>
    /// Makes a field of the metadata a claim of the principal, for <c>[Authorize(Roles = "…")]</c> and policies. A change of the field is a
    /// change of the claim, from the next request on. Call it once for each field.
    /// </summary>
    /// <remarks>
    /// <para>A string, a number or a boolean is one claim. An array of them is one claim for each element. Without the field, or if it is
    /// null or an empty array, there is no claim. Any other value gives no claim and is logged. Only a signed-in session has claims.</para>
    /// <para>A sign-in keeps no claim of a mapped type: the field decides alone. Never let users write a field that is mapped.</para>
    /// </remarks>
    /// <param name="field">The name of the field, compared ordinally. It must not begin with <c>$</c>.</param>
    /// <param name="claimType">
    /// The type of the claim. Null (default): the name of the field. The field <c>role</c> has the role type of the identity, usually
    /// <see cref="ClaimTypes.Role"/>. The field <c>name</c> has the name type, usually <see cref="ClaimTypes.Name"/>.
    /// </param>
    /// <exception cref="ArgumentException"><paramref name="field"/> is no name of a field, or the type is empty.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddAuthentication().AddSactSession(o => o.MapClaim("role"));
    /// app.MapGet("/admin", () => "admins only").RequireAuthorization(p => p.RequireRole("admin"));
    /// // After a sign-in: await session.UpdateAsync(new { role = "admin" });
    /// </code>
    /// </example>
    public void MapClaim(string field, string? claimType = null)
    {
        FieldNameRule.ThrowIfBroken(field, allowReserved: false, nameof(field));
        if (claimType is { Length: 0 })
        {
            throw new ArgumentException("The claim type is empty. Pass a type, or null for the default one.", nameof(claimType));
        }

        MappedClaims.Add(field, claimType);
    }

    /// <summary>Checks the options. The framework calls it when it first needs them.</summary>
    /// <exception cref="InvalidOperationException">
    /// <see cref="UserIdClaimType"/> is empty, only one of <see cref="ToMetadata"/> and <see cref="FromMetadata"/> is set, or
    /// <see cref="MapClaim"/> maps to the user id or the security stamp, or together with <see cref="FromMetadata"/>.
    /// </exception>
    public override void Validate()
    {
        base.Validate();
        if (string.IsNullOrEmpty(UserIdClaimType))
        {
            throw new InvalidOperationException(
                $"UserIdClaimType is empty. Set {nameof(SactSessionAuthenticationOptions)}.{nameof(UserIdClaimType)} "
                + "to the claim that carries the user id.");
        }

        if (ToMetadata is null != FromMetadata is null)
        {
            throw new InvalidOperationException(
                "Only one of ToMetadata and FromMetadata is set. One must read what the other keeps. "
                + $"Set both in {nameof(SactSessionAuthenticationOptions)}, or neither.");
        }

        if (!MappedClaims.IsEmpty && FromMetadata is not null)
        {
            throw new InvalidOperationException(
                "MapClaim() and FromMetadata are both set, and FromMetadata makes the whole principal. Add the claim in FromMetadata, or "
                + "remove ToMetadata and FromMetadata.");
        }

        if (MappedClaims.NamesTheUser)
        {
            throw new InvalidOperationException(
                "MapClaim() maps a field to the claim of the user id or of the security stamp. A session keeps its user, so no field may "
                + "set them. Choose another claim type.");
        }
    }

    /// <summary>Refuses settings without effect. An application that sets a domain or a name of the cookie relies on it.</summary>
    /// <exception cref="InvalidOperationException">An option of the cookie is set here.</exception>
    internal void ThrowIfCookieIsSet(string scheme)
    {
        if (CookieOfTheScheme.SetOption(Cookie) is { } option)
        {
            throw new InvalidOperationException(
                $"Scheme '{scheme}' sets Cookie.{option}, but the session sends the cookie. "
                + "Set builder.Services.AddSactSession(o => o.Cookie…) instead. "
                + "Set SactSessionOptions.AbsoluteTimeout instead of MaxAge and Expiration.");
        }

        if (SessionStore is not null || TicketDataFormat is not null || CookieManager is not null)
        {
            throw new InvalidOperationException(
                $"Scheme '{scheme}' keeps its tickets in the session. Leave SessionStore, TicketDataFormat and CookieManager unset. "
                + "To keep AddCookie() and only its tickets here, call AddSactTicketStore() instead of AddSactSession<TStore>().");
        }

        if (DataProtectionProvider is not null)
        {
            throw new InvalidOperationException(
                $"Scheme '{scheme}' sets DataProtectionProvider, but a session needs no key ring. Leave it unset. "
                + "If another scheme with the same configuration needs it, set it for that scheme alone.");
        }
    }
}
