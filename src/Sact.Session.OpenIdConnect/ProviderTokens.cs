using System.Globalization;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// The access token of a signed-in session. Of all requests on all nodes one refreshes it: the one whose compare-and-swap writes the claim.
/// A provider that rotates refresh tokens would take a second use for a theft.
/// </summary>
internal sealed class ProviderTokens(ProviderSchemes schemes, TokenRevocations revocations)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

    /// <summary>A valid access token; null if there is none.</summary>
    /// <exception cref="SessionStoreException">The store cannot answer.</exception>
    public async ValueTask<string?> GetAsync(HttpContext context, string name, CancellationToken cancellationToken)
    {
        var scheme = schemes.Find(name);
        var clock = scheme.Services.Clock;
        var session = scheme.Source.SessionOf(context);
        var giveUpAt = clock.GetUtcNow() + RefreshClaim.Life;
        for (bool reload = false; ; reload = true)
        {
            if (await session.ReadAsync(reload, cancellationToken).ConfigureAwait(false) is not { State: SessionState.SignedIn } record)
            {
                return null;
            }

            var now = clock.GetUtcNow();
            var properties = PrincipalFields.PropertiesOf(record, session);

            // The tokens of one provider must never be sent to another.
            if (ProviderSession.Of(properties)?.Scheme != name
                || properties.GetTokenValue("access_token") is not { Length: > 0 } access)
            {
                return null;
            }

            var expires = Expiry(properties);
            if (expires is null || now < expires - scheme.Settings.RefreshBefore)
            {
                return access;
            }

            // Still valid while somebody refreshes it, or where nobody can.
            string? old = now < expires ? access : null;
            if (properties.GetTokenValue("refresh_token") is not { Length: > 0 } refresh)
            {
                return old;
            }

            if (RefreshClaim.Of(record) is { } claim && now < claim.Until)
            {
                if (claim.HasFailed || old is not null || now >= giveUpAt)
                {
                    return old;
                }

                await Task.Delay(s_pause, clock, cancellationToken).ConfigureAwait(false);
                continue;
            }

            var own = RefreshClaim.New(now + RefreshClaim.Life);
            var claimed = await WriteAsync(session, record, own.Field(), RefreshClaim.Unchanged(record)).ConfigureAwait(false);
            if (claimed.Status == SessionUpdateStatus.Applied
                && await RefreshAsync(scheme, session, record, own, properties, refresh).ConfigureAwait(false) is { } refreshed)
            {
                return refreshed.Value ?? old;
            }
        }
    }

    /// <summary>Refreshes the tokens and stores them. The client's disconnect does not stop it: a rotated token would be lost.</summary>
    /// <returns>The access token, if there is one; null if another request has taken over and the session must be read again.</returns>
    private async ValueTask<AccessToken?> RefreshAsync(
        ProviderScheme scheme,
        RequestSession session,
        SessionRecord record,
        RefreshClaim own,
        AuthenticationProperties before,
        string refreshToken)
    {
        RefreshedTokens? tokens;
        try
        {
            tokens = await TokenEndpoint.RefreshAsync(scheme, refreshToken, scheme.Services.Clock).ConfigureAwait(false);
        }
        catch (HttpRequestException fault)
        {
            OpenIdConnectLog.RefreshFailed(session.Telemetry.Log, record.Key, fault);
            await NoteFailureAsync(scheme, session, record, own).ConfigureAwait(false);
            return new AccessToken(null);
        }
        catch
        {
            // A fault of the application's own code. Nobody must wait for a refresh that does not run any more.
            await NoteFailureAsync(scheme, session, record, own).ConfigureAwait(false);
            throw;
        }

        var done = RefreshClaim.New(scheme.Services.Now);
        var kept = (tokens ?? new RefreshedTokens(null, null, null)).FieldAfter(before).Merge(done.Field());
        if (tokens is null)
        {
            // Another request may have used the token after this one's claim was over. Its tokens must not be lost.
            var dropped = await WriteAsync(session, record, kept, own.Holds()).ConfigureAwait(false);
            if (dropped.Status == SessionUpdateStatus.Conflict)
            {
                return null;
            }

            OpenIdConnectLog.RefreshRefused(session.Telemetry.Log, record.Key);
            return new AccessToken(null);
        }

        var written = await StoreAsync(session, record, kept).ConfigureAwait(false);
        if (written.Status == SessionUpdateStatus.Applied)
        {
            return new AccessToken(tokens.AccessToken);
        }

        // The session ended meanwhile, and its sign-out knew only the token before.
        if (tokens.RefreshToken is { } unused)
        {
            revocations.Add(scheme.Name, unused, session.Telemetry.Log);
        }

        return new AccessToken(null);
    }

    private static async ValueTask NoteFailureAsync(
        ProviderScheme scheme, RequestSession session, SessionRecord record, RefreshClaim own)
    {
        var failed = RefreshClaim.New(scheme.Services.Now + RefreshClaim.Pause, hasFailed: true);
        await WriteAsync(session, record, failed.Field(), own.Holds()).ConfigureAwait(false);
    }

    private static async ValueTask<SessionUpdate> StoreAsync(RequestSession session, SessionRecord record, SessionFields kept)
    {
        try
        {
            return await WriteAsync(session, record, kept, null).ConfigureAwait(false);
        }
        catch (SessionStoreException)
        {
            // Once more, because the provider has dropped the token before. The same change twice is the same as once.
            return await WriteAsync(session, record, kept, null).ConfigureAwait(false);
        }
    }

    private static async ValueTask<SessionUpdate> WriteAsync(
        RequestSession session, SessionRecord record, SessionFields set, SessionFieldCondition? condition)
    {
        var fields = session.Fields.AsStored(record, new FieldChange(set, []));
        using var scope = await session.EnterAsync(CancellationToken.None).ConfigureAwait(false);
        return await session.UpdateAsync(
            record,
            new SessionChange { Set = fields.Set, Remove = fields.Remove, Condition = condition },
            CancellationToken.None).ConfigureAwait(false);
    }

    private static DateTimeOffset? Expiry(AuthenticationProperties properties) =>
        DateTimeOffset.TryParse(
            properties.GetTokenValue("expires_at"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var expires)
            ? expires
            : null;

    /// <summary>What a refresh has led to.</summary>
    /// <param name="Value">The access token; null if there is none.</param>
    private sealed record AccessToken(string? Value);
}
