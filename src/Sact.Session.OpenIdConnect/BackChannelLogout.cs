using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Sact.Session;

/// <summary>
/// The endpoint of OpenID Connect Back-Channel Logout 1.0. It answers 200, 400, or 503 for what may succeed later. The reason of a refusal
/// is in the log and never in the answer.
/// </summary>
internal sealed class BackChannelLogout(ProviderSchemes schemes, LogoutTokenValidator validator, string name)
{
    private const int MaxBodyBytes = 32 * 1024;
    private const string Parameter = "logout_token";

    // One parameter is needed. A provider may send others, which are ignored.
    private static readonly FormOptions s_form = new()
    {
        BufferBody = false,
        KeyLengthLimit = 256,
        ValueLengthLimit = MaxBodyBytes,
        ValueCountLimit = 16,
    };

    public async Task HandleAsync(HttpContext context)
    {
        var scheme = schemes.Find(name);
        context.Response.Headers.CacheControl = "no-store";
        var refusal = await RefusalAsync(context, scheme).ConfigureAwait(false);
        if (refusal is null)
        {
            return;
        }

        Report(scheme, refusal);
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        if (refusal.IsTemporary)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.RetryAfter = "60";
        }
    }

    // Anybody can send an unknown key, and must not fill the log with errors.
    private static void Report(ProviderScheme scheme, LogoutRefusal refusal)
    {
        var log = scheme.Services.Telemetry.Log;
        if (refusal.Fault is { } fault)
        {
            OpenIdConnectLog.LogoutFailed(log, scheme.Name, refusal.Reason, fault);
        }
        else
        {
            OpenIdConnectLog.LogoutRefused(log, scheme.Name, refusal.Reason);
        }
    }

    private async ValueTask<LogoutRefusal?> RefusalAsync(HttpContext context, ProviderScheme scheme)
    {
        if (await ReadFormAsync(context.Request).ConfigureAwait(false) is not { } form)
        {
            return LogoutRefusal.NotAForm;
        }

        if (form[Parameter] is not [{ Length: > 0 } text])
        {
            return LogoutRefusal.NoToken;
        }

        var (token, refusal) = await validator.ValidateAsync(text, scheme, context.RequestAborted).ConfigureAwait(false);
        if (refusal is not null)
        {
            return refusal;
        }

        var logouts = new ProviderLogouts(scheme);
        try
        {
            if (await logouts.IsReplayAsync(token!).ConfigureAwait(false))
            {
                return LogoutRefusal.Replayed;
            }

            // Remembered at last: a token whose sessions could not be ended must be accepted when it is sent again.
            int ended = await logouts.EndAsync(token!).ConfigureAwait(false);
            await logouts.RememberAsync(token!).ConfigureAwait(false);
            OpenIdConnectLog.SignedOut(scheme.Services.Telemetry.Log, scheme.Name, ended);
            return null;
        }
        catch (SessionStoreException fault)
        {
            return LogoutRefusal.StoreFailed(fault);
        }
    }

    private static async ValueTask<IFormCollection?> ReadFormAsync(HttpRequest request)
    {
        if (request.ContentLength > MaxBodyBytes
            || !MediaTypeIsForm(request.ContentType))
        {
            return null;
        }

        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = MaxBodyBytes;
        }

        try
        {
            return await request.ReadFormAsync(s_form, request.HttpContext.RequestAborted).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is InvalidDataException or BadHttpRequestException or IOException)
        {
            return null;
        }
    }

    private static bool MediaTypeIsForm(StringSegment contentType) =>
        contentType.HasValue
        && Microsoft.Net.Http.Headers.MediaTypeHeaderValue.TryParse(contentType, out var type)
        && type.MediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase);
}
