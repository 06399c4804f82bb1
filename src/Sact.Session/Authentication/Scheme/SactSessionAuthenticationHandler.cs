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
/// The authentication scheme over the session. The cookie events of the framework write every redirect and status code, so an application
/// that replaces <c>AddCookie</c> sees no difference.
/// </summary>
internal sealed class SactSessionAuthenticationHandler(
    IOptionsMonitor<SactSessionAuthenticationOptions> options, ILoggerFactory logger, UrlEncoder encoder, SavedUsers users)
    : SignInAuthenticationHandler<SactSessionAuthenticationOptions>(options, logger, encoder)
{
    private static readonly Func<CookieSlidingExpirationContext, Task> s_noCheck =
        new CookieAuthenticationEvents().OnCheckSlidingExpiration;

    private bool _authenticateCalled;
    private bool _signedOut;

    private new CookieAuthenticationEvents Events => (CookieAuthenticationEvents)base.Events!;

    private RequestSession Session => Options.Session(Context, Options.SessionName);

    protected override Task<object> CreateEventsAsync() => Task.FromResult<object>(new CookieAuthenticationEvents());

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        _authenticateCalled = true;
        if (DisabledEndpoint.IsReached(Context))
        {
            return AuthenticateResult.NoResult();
        }

        var session = Session;
        DisabledEndpoint.WarnIfReachedLater(Context, session);
        int number = session.Number;

        // The event decides after the session was read, so reading extends nothing.
        bool checksSliding = ChecksSliding();
        if (await session.ReadAsync(reload: false, Context.RequestAborted, defersSeen: checksSliding).ConfigureAwait(false)
            is not { State: SessionState.SignedIn } record)
        {
            await session.NoteSeenAsync().ConfigureAwait(false);
            return AuthenticateResult.NoResult();
        }

        AuthenticationTicket ticket;
        SchemeExpiry? expiry;
        try
        {
            if (PrincipalFields.Principal(record, session, Options, Scheme.Name) is not { } kept)
            {
                return AuthenticateResult.Fail("FromMetadata returned no principal for the session.");
            }

            expiry = SchemeExpiry.Of(record);
            ticket = new AuthenticationTicket(kept, PrincipalFields.PropertiesOf(record, session), Scheme.Name);
        }
        catch (JsonException fault)
        {
            AuthenticationLog.PrincipalUnreadable(session.Telemetry.Log, record.Key, fault);
            return AuthenticateResult.Fail("The session's claims cannot be read.");
        }

        var now = TimeProvider.GetUtcNow();
        if (expiry?.ExpiresAt <= now)
        {
            await session.End.SignOutAsync(CancellationToken.None).ConfigureAwait(false);
            return AuthenticateResult.Fail("The expiry that OnValidatePrincipal has set is over.");
        }

        if (expiry?.ExpiresAt < record.ExpiresAt)
        {
            ticket.Properties.ExpiresUtc = expiry.Value.ExpiresAt;
        }

        if ((checksSliding || expiry is not null)
            && !await SlideAsync(session, number, record, ticket, expiry, checksSliding, now).ConfigureAwait(false))
        {
            return AuthenticateResult.NoResult();
        }

        AuthenticatedSession.Mark(Context, Scheme.Name, ticket.Properties, record);
        var authenticated = AuthenticatedSession.Of(ticket.Properties)!;
        var issued = ticket.Properties.IssuedUtc ?? now;
        var validating = new CookieValidatePrincipalContext(Context, Scheme, Options, ticket);
        await Events.ValidatePrincipal(validating).ConfigureAwait(false);
        if (validating.Principal is not { } principal)
        {
            return AuthenticateResult.Fail("The principal was rejected.");
        }

        var wanted = validating.Properties.ExpiresUtc is { } expires && !authenticated.HasUnchangedExpiry(validating.Properties)
            ? SchemeExpiry.At(expires, issued, record, now)
            : (SchemeExpiry?)null;
        return validating.ShouldRenew
            && !await KeepAsync(session, number, record, principal, validating.Properties, wanted).ConfigureAwait(false)
            ? AuthenticateResult.Fail("The session has ended.")
            : AuthenticateResult.Success(new AuthenticationTicket(principal, validating.Properties, Scheme.Name));
    }

    protected override async Task HandleSignInAsync(ClaimsPrincipal user, AuthenticationProperties? properties)
    {
        ArgumentNullException.ThrowIfNull(user);
        var now = TimeProvider.GetUtcNow();
        properties ??= new AuthenticationProperties();
        var authenticated = AuthenticatedSession.Of(properties);
        properties.IssuedUtc ??= now;
        var signingIn = new CookieSigningInContext(Context, Scheme, Options, user, properties, Options.Cookie.Build(Context));
        await Events.SigningIn(signingIn).ConfigureAwait(false);
        CookieOfTheScheme.ThrowIfChanged(signingIn.CookieOptions, Options.Cookie.Build(Context), nameof(Events.OnSigningIn));
        var principal = signingIn.Principal ?? throw new InvalidOperationException(
            "OnSigningIn has set the principal to null. A sign-in needs a principal. "
            + "Leave CookieSigningInContext.Principal as it is, or set another.");
        string userId = UserIds.Of(principal, Options.UserIdClaimType, nameof(SactSessionAuthenticationOptions), Scheme.Name);
        var fields = PrincipalFields.Of(principal, signingIn.Properties, Options, now);
        var session = Session;

        // A sign-in of the same user with the unchanged properties of this request's authentication proves nothing new: it only refreshes
        // the claims. Identity's RefreshSignInAsync does the same.
        bool refreshes = !_signedOut
            && authenticated is not null
            && authenticated.IsUnchangedIn(signingIn.Properties, Scheme.Name)
            && authenticated.UserId == userId;
        if (refreshes)
        {
            if (!await RefreshAsync(session, authenticated!, signingIn.Properties, fields).ConfigureAwait(false))
            {
                return;
            }
        }
        else
        {
            var lifetimes = SchemeLifetimes.Of(
                signingIn.Properties,
                authenticated,
                Options.ExpireTimeSpan,
                Options.SlidingExpiration,
                now,
                session.Settings.SignInTerms.Lifetimes);
            var terms = session.Settings.SignInTermsFor(lifetimes, nameof(properties));
            fields = ProviderSignIn.WithAliases(fields, session.Services, signingIn.Properties);
            await session.Start.SignInAsync(userId, fields, terms, CancellationToken.None).ConfigureAwait(false);
            if (!await ProviderSignIn.MayLiveAsync(session, signingIn.Properties).ConfigureAwait(false)
                || !await SecurityStamps.EndOutdatedAsync(session, users, Context, fields, refreshes: false).ConfigureAwait(false))
            {
                return;
            }
        }

        if (await session.ReadAsync(reload: false, CancellationToken.None).ConfigureAwait(false) is { } record)
        {
            signingIn.Properties.ExpiresUtc = record.ExpiresAt;
            AuthenticatedSession.Mark(Context, Scheme.Name, signingIn.Properties, record);
        }

        var signedIn = new CookieSignedInContext(Context, Scheme, principal, signingIn.Properties, Options);
        await Events.SignedIn(signedIn).ConfigureAwait(false);
        await RedirectAsync(signedIn.Properties, Options.LoginPath).ConfigureAwait(false);
    }

    protected override async Task HandleSignOutAsync(AuthenticationProperties? properties)
    {
        _signedOut = true;
        var signingOut = new CookieSigningOutContext(
            Context, Scheme, Options, properties ?? new AuthenticationProperties(), Options.Cookie.Build(Context));
        try
        {
            // The application may revoke tokens that the session holds.
            await Events.SigningOut(signingOut).ConfigureAwait(false);
            CookieOfTheScheme.ThrowIfChanged(signingOut.CookieOptions, Options.Cookie.Build(Context), nameof(Events.OnSigningOut));
        }
        finally
        {
            // An exception of the application's code must not keep the session alive.
            await Session.End.SignOutAsync(CancellationToken.None).ConfigureAwait(false);
        }

        await RedirectAsync(signingOut.Properties, Options.LogoutPath).ConfigureAwait(false);
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        await ThrowIfMiddlewareIsMissingAsync().ConfigureAwait(false);
        await Events.RedirectToLogin(RedirectTo(Options.LoginPath, properties)).ConfigureAwait(false);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        Events.RedirectToAccessDenied(RedirectTo(Options.AccessDeniedPath, properties));

    private RedirectContext<CookieAuthenticationOptions> RedirectTo(PathString path, AuthenticationProperties properties)
    {
        string returnUrl = string.IsNullOrEmpty(properties.RedirectUri)
            ? OriginalPathBase + OriginalPath + Request.QueryString
            : properties.RedirectUri;
        string redirectUri = BuildRedirectUri(path + QueryString.Create(Options.ReturnUrlParameter, returnUrl));
        return new RedirectContext<CookieAuthenticationOptions>(Context, Scheme, Options, properties, redirectUri);
    }

    private bool ChecksSliding() => Options.SlidingExpiration
        && (Events.OnCheckSlidingExpiration != s_noCheck || OverridesCheck(Events))
        && !PollingEndpoint.IsReached(Context);

    /// <summary>Whether the events are of a type that overrides the check. Such a type need not call the delegate.</summary>
    private static bool OverridesCheck(CookieAuthenticationEvents events)
    {
        if (events.GetType() == typeof(CookieAuthenticationEvents))
        {
            return false;
        }

        Func<CookieSlidingExpirationContext, Task> check = events.CheckSlidingExpiration;
        return check.Method.DeclaringType != typeof(CookieAuthenticationEvents);
    }

    /// <summary>
    /// Extends the session as <c>OnCheckSlidingExpiration</c> decides, and moves an expiry that <c>OnValidatePrincipal</c> has set.
    /// </summary>
    /// <returns>False if the session has ended.</returns>
    private async Task<bool> SlideAsync(
        RequestSession session,
        int number,
        SessionRecord record,
        AuthenticationTicket ticket,
        SchemeExpiry? expiry,
        bool checks,
        DateTimeOffset now)
    {
        var remaining = ticket.Properties.ExpiresUtc!.Value - now;
        bool slides = Options.SlidingExpiration && (ticket.Properties.AllowRefresh ?? true);
        bool moves = slides && !PollingEndpoint.IsReached(Context) && expiry is { } own && remaining < own.Elapsed(now);
        bool isDue = session.Settings.IsTouchDue(record, now);
        bool touches = isDue;
        if (checks && slides)
        {
            var elapsed = expiry?.Elapsed(now) ?? now - record.LastSeenAt;
            var checking = new CookieSlidingExpirationContext(Context, Scheme, Options, ticket, elapsed, remaining)
            {
                ShouldRenew = expiry is null ? touches : moves,
            };
            await Events.CheckSlidingExpiration(checking).ConfigureAwait(false);
            (moves, touches) = (checking.ShouldRenew && expiry is not null, checking.ShouldRenew);
            await session.DecideSeenAsync(extends: touches).ConfigureAwait(false);
        }

        if (!moves && !(checks && touches))
        {
            return true;
        }

        try
        {
            using var scope = await session.EnterAsync(CancellationToken.None).ConfigureAwait(false);
            if (session.State.Number != number)
            {
                return true;
            }

            var change = new SessionChange
            {
                // A parallel request that has written it already is enough, unless the event extends the session before it is due.
                Touch = new SessionTouch(now, session.Client(), isDue ? session.Settings.TouchIntervalOf(record) : TimeSpan.Zero),
                Set = moves ? new SchemeExpiry(now + expiry!.Value.Span, expiry.Value.Span).Field() : null,
                Condition = moves ? SchemeExpiry.Unchanged(record) : null,
                Generation = session.State.Generation,
            };
            var outcome = await session.UpdateAsync(record, change, CancellationToken.None).ConfigureAwait(false);
            return outcome.Status != SessionUpdateStatus.Gone;
        }
        catch (SessionStoreException fault)
        {
            // The next request tries again.
            session.Telemetry.TouchFailed(record.Key, fault);
            return true;
        }
    }

    /// <summary>Keeps the claims that the validation has renewed.</summary>
    /// <returns>False if the request no longer has the session that was validated. The present one may belong to another user.</returns>
    private async Task<bool> KeepAsync(
        RequestSession session,
        int number,
        SessionRecord record,
        ClaimsPrincipal principal,
        AuthenticationProperties properties,
        SchemeExpiry? expiry)
    {
        var now = TimeProvider.GetUtcNow();
        var fields = PrincipalFields.Of(principal, properties, Options, now);
        fields = expiry is { } limit ? fields.Merge(limit.Field()) : fields;
        if (UserIds.Of(principal, Options.UserIdClaimType, nameof(SactSessionAuthenticationOptions), Scheme.Name) != record.UserId)
        {
            throw new InvalidOperationException(
                "OnValidatePrincipal has replaced the principal by that of another user. "
                + "A session keeps its user. Call SignInAsync to change the user.");
        }

        try
        {
            properties.IssuedUtc = now;
            var (set, remove) = PrincipalFields.Refreshed(fields, properties, record, session);
            var status = await session.Fields.ChangeAnyAsync(set, remove, number, CancellationToken.None).ConfigureAwait(false);
            return status == SessionUpdateStatus.Applied;
        }
        catch (SessionStoreException fault)
        {
            // The user was just found valid, so the request succeeds. The next request validates again.
            AuthenticationLog.PrincipalNotKept(session.Telemetry.Log, record.Key, fault);
            return true;
        }
    }

    /// <summary>
    /// Renews the id at once, then writes the new claims, so that an old id has no new privileges. If the request came with an id that is
    /// valid only by its grace, that id reads the new claims until the grace ends. The session keeps its data, its place in the device
    /// list, its absolute deadline and the time of its last authentication.
    /// </summary>
    /// <returns>False if the session has ended or the request has begun another one. Then nothing is written.</returns>
    private async Task<bool> RefreshAsync(
        RequestSession session, AuthenticatedSession authenticated, AuthenticationProperties properties, SessionFields fields)
    {
        int number = session.Number;
        if (await session.ReadAsync(reload: false, CancellationToken.None).ConfigureAwait(false)
            is not { State: SessionState.SignedIn } record || record.Key != authenticated.Key)
        {
            return false;
        }

        // A refresh that began before a reset must not write the old stamp over the new one.
        bool changesStamp = fields.TryGetValue(SecurityStampField.Name, out var stamp) && SecurityStampField.Differs(record, [stamp]);
        if (changesStamp && !await SecurityStamps.IsCurrentAsync(users, Context, record.UserId!, stamp).ConfigureAwait(false))
        {
            return false;
        }

        // The result does not matter: if it is false, the client has a newer id already.
        await session.Renewer.RenewAsync(immediately: true, raise: null, CancellationToken.None).ConfigureAwait(false);
        var (set, remove) = PrincipalFields.Refreshed(fields, properties, authenticated.Record ?? record, session);
        var status = await session.Fields.ChangeAnyAsync(set, remove, number, CancellationToken.None).ConfigureAwait(false);
        return status == SessionUpdateStatus.Applied
            && (!changesStamp
                || await SecurityStamps.EndOutdatedAsync(session, users, Context, fields, refreshes: true).ConfigureAwait(false));
    }

    private async Task RedirectAsync(AuthenticationProperties properties, PathString onPath)
    {
        if (Response.StatusCode != StatusCodes.Status200OK)
        {
            return;
        }

        string? returnUrl = properties.RedirectUri;
        if (string.IsNullOrEmpty(returnUrl) && onPath.HasValue && OriginalPath == onPath)
        {
            returnUrl = Request.Query[Options.ReturnUrlParameter];
        }

        if (string.IsNullOrEmpty(returnUrl))
        {
            return;
        }

        // Only the application may choose a relative URL: the framework takes none from the query either.
        if (!LocalUrl.IsLocal(returnUrl, Request) && !(returnUrl == properties.RedirectUri && LocalUrl.IsRelative(returnUrl)))
        {
            AuthenticationLog.ReturnUrlIgnored(Session.Telemetry.Log);
            return;
        }

        var redirect = new RedirectContext<CookieAuthenticationOptions>(Context, Scheme, Options, properties, returnUrl);
        await Events.RedirectToReturnUrl(redirect).ConfigureAwait(false);
    }

    /// <summary>
    /// Detects an application without <c>UseAuthentication()</c>: a default scheme challenges, and no scheme was ever called to
    /// authenticate. Every user would be redirected to the login page for ever.
    /// </summary>
    private async Task ThrowIfMiddlewareIsMissingAsync()
    {
        if (_authenticateCalled || Context.Features.Get<IAuthenticationFeature>() is not null)
        {
            return;
        }

        var schemes = Context.RequestServices.GetRequiredService<IAuthenticationSchemeProvider>();
        if (await schemes.GetDefaultAuthenticateSchemeAsync().ConfigureAwait(false) is { } scheme && scheme.Name == Scheme.Name)
        {
            throw new InvalidOperationException(
                $"Scheme '{Scheme.Name}' was challenged, but the authentication middleware did not run. "
                + "Call app.UseAuthentication() before app.UseAuthorization().");
        }
    }
}
