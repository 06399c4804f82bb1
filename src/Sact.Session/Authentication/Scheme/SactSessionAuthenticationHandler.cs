using System.Security.Claims;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Sact.Session;

/// <summary>
/// The authentication scheme over the session. What it tells a browser (where to sign in, what an API endpoint answers) is the framework's own code for cookies, asked through its events, so that an
/// application which replaces <c>AddCookie</c> sees no difference.
/// </summary>
internal sealed class SactSessionAuthenticationHandler(IOptionsMonitor<SactSessionAuthenticationOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : SignInAuthenticationHandler<SactSessionAuthenticationOptions>(options, logger, encoder)
{
    private bool _asked;
    private bool _signedOut;

    private new CookieAuthenticationEvents Events => (CookieAuthenticationEvents)base.Events!;

    private RequestSession Session => Options.Session(Context, Options.SessionName);

    protected override Task<object> CreateEventsAsync() => Task.FromResult<object>(new CookieAuthenticationEvents());

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        _asked = true;
        if (Context.GetEndpoint()?.Metadata.GetMetadata<DisableSactSessionAttribute>() is not null)
        {
            return AuthenticateResult.NoResult();
        }

        var session = Session;
        int epoch = session.Number;
        if (await session.ReadAsync(reload: false, Context.RequestAborted).ConfigureAwait(false) is not { State: SessionState.SignedIn } record)
        {
            return AuthenticateResult.NoResult();
        }

        AuthenticationTicket ticket;
        try
        {
            if (PrincipalFields.Principal(record, session.Services, Options, Scheme.Name) is not { } kept)
            {
                return AuthenticateResult.Fail("The session's metadata makes no principal.");
            }

            ticket = new AuthenticationTicket(kept, PrincipalFields.PropertiesOf(record), Scheme.Name);
        }
        catch (JsonException fault)
        {
            AuthenticationLog.PrincipalUnreadable(session.Telemetry.Log, record.Key, fault);
            return AuthenticateResult.Fail("The session's claims cannot be read.");
        }

        AnsweredSession.Mark(Context, ticket.Properties, record);
        var validating = new CookieValidatePrincipalContext(Context, Scheme, Options, ticket);
        await Events.ValidatePrincipal(validating).ConfigureAwait(false);
        if (validating.Principal is not { } principal)
        {
            return AuthenticateResult.Fail("The principal was rejected.");
        }

        return validating.ShouldRenew && !await KeepAsync(session, epoch, record, principal, validating.Properties).ConfigureAwait(false)
            ? AuthenticateResult.Fail("The session has ended.")
            : AuthenticateResult.Success(new AuthenticationTicket(principal, validating.Properties, Scheme.Name));
    }

    protected override async Task HandleSignInAsync(ClaimsPrincipal user, AuthenticationProperties? properties)
    {
        ArgumentNullException.ThrowIfNull(user);
        var now = TimeProvider.GetUtcNow();
        properties ??= new AuthenticationProperties();
        var answered = AnsweredSession.Of(properties);
        properties.IssuedUtc ??= now;
        var signingIn = new CookieSigningInContext(Context, Scheme, Options, user, properties, Options.Cookie.Build(Context));
        await Events.SigningIn(signingIn).ConfigureAwait(false);
        var principal = signingIn.Principal ?? throw new InvalidOperationException("OnSigningIn has left no principal. Leave CookieSigningInContext.Principal as it is, or set another.");
        string userId = UserIds.Of(principal, Options.UserIdClaimType, nameof(SactSessionAuthenticationOptions), Scheme.Name);
        var fields = PrincipalFields.Of(principal, signingIn.Properties, Options, now);
        var session = Session;

        // Signing in with the very properties this request was authenticated by, for the same user, is no new proof of who it is: the claims are brought up to date. So does Identity's RefreshSignInAsync.
        bool refreshed = !_signedOut && answered is not null && answered.IsUnchangedIn(signingIn.Properties) && answered.UserId == userId;
        if (refreshed)
        {
            if (!await RefreshAsync(session, answered!, fields).ConfigureAwait(false))
            {
                return;
            }
        }
        else
        {
            var terms = SchemeLifetimes.Of(signingIn.Properties, answered, Options.ExpireTimeSpan, Options.SlidingExpiration, now, session.Settings);
            await session.Start.SignInAsync(userId, fields, session.Settings.SignInTermsFor(terms, nameof(properties)), CancellationToken.None).ConfigureAwait(false);
            await SecurityStamps.EndOutdatedAsync(session, Context, fields).ConfigureAwait(false);
        }

        if (await session.ReadAsync(reload: false, CancellationToken.None).ConfigureAwait(false) is { } record)
        {
            AnsweredSession.Mark(Context, signingIn.Properties, record);
            signingIn.Properties.ExpiresUtc = record.ExpiresAt;
        }

        var signedIn = new CookieSignedInContext(Context, Scheme, principal, signingIn.Properties, Options);
        await Events.SignedIn(signedIn).ConfigureAwait(false);
        await RedirectAsync(signedIn.Properties, Options.LoginPath).ConfigureAwait(false);
    }

    protected override async Task HandleSignOutAsync(AuthenticationProperties? properties)
    {
        _signedOut = true;

        // Before any event: what an application's own code throws must not keep the session alive.
        await Session.End.SignOutAsync(CancellationToken.None).ConfigureAwait(false);
        var signingOut = new CookieSigningOutContext(Context, Scheme, Options, properties ?? new AuthenticationProperties(), Options.Cookie.Build(Context));
        await Events.SigningOut(signingOut).ConfigureAwait(false);
        await RedirectAsync(signingOut.Properties, Options.LogoutPath).ConfigureAwait(false);
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        await ThrowIfNobodyAuthenticatedAsync().ConfigureAwait(false);
        string redirectUri = BuildRedirectUri(Options.LoginPath + QueryString.Create(Options.ReturnUrlParameter, Wanted(properties)));
        await Events.RedirectToLogin(new RedirectContext<CookieAuthenticationOptions>(Context, Scheme, Options, properties, redirectUri)).ConfigureAwait(false);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        string redirectUri = BuildRedirectUri(Options.AccessDeniedPath + QueryString.Create(Options.ReturnUrlParameter, Wanted(properties)));
        return Events.RedirectToAccessDenied(new RedirectContext<CookieAuthenticationOptions>(Context, Scheme, Options, properties, redirectUri));
    }

    private string Wanted(AuthenticationProperties properties) =>
        string.IsNullOrEmpty(properties.RedirectUri) ? OriginalPathBase + OriginalPath + Request.QueryString : properties.RedirectUri;

    /// <summary>Keeps what validating has renewed, unless the request has another session by now, whose user may be another. A fault of the store does not fail the request, whose user was just found good: the next request validates again.</summary>
    private async Task<bool> KeepAsync(RequestSession session, int epoch, SessionRecord record, ClaimsPrincipal principal, AuthenticationProperties properties)
    {
        var now = TimeProvider.GetUtcNow();
        var fields = PrincipalFields.Of(principal, properties, Options, now);
        if (UserIds.Of(principal, Options.UserIdClaimType, nameof(SactSessionAuthenticationOptions), Scheme.Name) != record.UserId)
        {
            throw new InvalidOperationException("OnValidatePrincipal has replaced the principal by another user's. To change who the user is, sign in anew with SignInAsync.");
        }

        try
        {
            properties.IssuedUtc = now;
            return await session.Fields.ChangeAnyAsync(fields, PrincipalFields.Lacking(fields), epoch, CancellationToken.None).ConfigureAwait(false) == SessionUpdateStatus.Applied;
        }
        catch (SessionStoreException fault)
        {
            AuthenticationLog.PrincipalNotKept(session.Telemetry.Log, record.Key, fault);
            return true;
        }
    }

    /// <summary>
    /// A new id at once, then the new claims: at no moment has an old id new privileges. The session stays: its data, its place in the list of devices, its absolute deadline and when the user last
    /// proved who they are. One that has ended meanwhile is not brought back, and what the request has begun in its place is left alone.
    /// </summary>
    private static async Task<bool> RefreshAsync(RequestSession session, AnsweredSession answered, SessionFields fields)
    {
        int epoch = session.Number;
        if (await session.ReadAsync(reload: false, CancellationToken.None).ConfigureAwait(false) is not { State: SessionState.SignedIn } record || record.Key != answered.Key)
        {
            return false;
        }

        // False where the id is good only by its grace, or another request was first: then the client has a newer one.
        await session.Renewer.RenewAsync(immediately: true, raise: null, CancellationToken.None).ConfigureAwait(false);
        var status = await session.Fields.ChangeAnyAsync(fields, PrincipalFields.Lacking(fields), epoch, CancellationToken.None).ConfigureAwait(false);
        if (status == SessionUpdateStatus.Applied && fields.TryGetValue(SecurityStampField.Name, out var stamp) && SecurityStampField.Differs(record, stamp))
        {
            await session.Devices.DeleteOthersAsync(renewCurrent: false, CancellationToken.None).ConfigureAwait(false);
        }

        return status == SessionUpdateStatus.Applied;
    }

    private async Task RedirectAsync(AuthenticationProperties properties, PathString onPath)
    {
        if (Response.StatusCode != StatusCodes.Status200OK)
        {
            return;
        }

        string? wanted = properties.RedirectUri;
        if (string.IsNullOrEmpty(wanted) && onPath.HasValue && OriginalPath == onPath)
        {
            wanted = Request.Query[Options.ReturnUrlParameter];
        }

        if (string.IsNullOrEmpty(wanted))
        {
            return;
        }

        if (!LocalUrl.IsLocal(wanted, Request))
        {
            AuthenticationLog.ReturnUrlIgnored(Session.Telemetry.Log);
            return;
        }

        await Events.RedirectToReturnUrl(new RedirectContext<CookieAuthenticationOptions>(Context, Scheme, Options, properties, wanted)).ConfigureAwait(false);
    }

    /// <summary>A challenge by a default scheme that nobody has asked means that nobody asks it at all: every user would be sent to the login page for ever.</summary>
    private async Task ThrowIfNobodyAuthenticatedAsync()
    {
        if (!_asked && Context.Features.Get<IAuthenticationFeature>() is null
            && await Context.RequestServices.GetRequiredService<IAuthenticationSchemeProvider>().GetDefaultAuthenticateSchemeAsync().ConfigureAwait(false) is { } scheme && scheme.Name == Scheme.Name)
        {
            throw new InvalidOperationException($"Nobody has asked scheme '{Scheme.Name}' who the user is. Call app.UseAuthentication() before app.UseAuthorization().");
        }
    }
}
