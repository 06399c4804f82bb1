using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Sact.Session;

/// <summary>Sends requests to the token and revocation endpoints of a provider.</summary>
internal static class TokenEndpoint
{
    // Shorter than the time for which a node claims a refresh.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Refreshes the tokens of a session.</summary>
    /// <returns>The new tokens; null if the refresh token is no longer valid at the provider.</returns>
    /// <exception cref="HttpRequestException">The provider does not answer as it must. A later try may succeed.</exception>
    public static async Task<RefreshedTokens?> RefreshAsync(ProviderScheme scheme, string refreshToken, TimeProvider clock)
    {
        var configuration = await ConfigurationAsync(scheme.Options).ConfigureAwait(false);
        var message = new OpenIdConnectMessage
        {
            GrantType = OpenIdConnectGrantTypes.RefreshToken,
            RefreshToken = refreshToken,
        };
        using var response = await SendAsync(scheme, configuration.TokenEndpoint, message).ConfigureAwait(false);
        string body = await response.Content.ReadAsStringAsync().ConfigureAwait(false);
        using var json = Parse(body);
        if (response.IsSuccessStatusCode && RefreshedTokens.Read(json.RootElement, clock.GetUtcNow()) is { } tokens)
        {
            return tokens;
        }

        // RFC 6749 section 5.2. Any other error may be over soon.
        return Text(json.RootElement, "error") is "invalid_grant"
            ? null
            : throw new HttpRequestException(
                $"The token endpoint answered {(int)response.StatusCode}, and the answer has neither tokens nor the error invalid_grant.");
    }

    /// <summary>Revokes a refresh token (RFC 7009), if the provider has a revocation endpoint.</summary>
    /// <exception cref="HttpRequestException">The provider does not answer as it must.</exception>
    public static async Task RevokeAsync(ProviderScheme scheme, string refreshToken)
    {
        var configuration = await ConfigurationAsync(scheme.Options).ConfigureAwait(false);
        if (configuration.RevocationEndpoint is not { Length: > 0 } endpoint)
        {
            return;
        }

        var message = new OpenIdConnectMessage();
        message.SetParameter("token", refreshToken);
        message.SetParameter("token_type_hint", "refresh_token");
        using var response = await SendAsync(scheme, endpoint, message).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            throw new HttpRequestException($"The revocation endpoint answered {(int)response.StatusCode}.");
        }
    }

    /// <summary>The value of a string; null if it is absent or no valid string.</summary>
    public static string? Text(JsonElement json, string name)
    {
        try
        {
            return json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value)
                && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // A lone surrogate.
            return null;
        }
    }

    private static async Task<OpenIdConnectConfiguration> ConfigurationAsync(OpenIdConnectOptions options)
    {
        if (options.Configuration is { } configuration)
        {
            return configuration;
        }

        try
        {
            return await options.ConfigurationManager!.GetConfigurationAsync(CancellationToken.None)
                .WaitAsync(s_patience).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is InvalidOperationException or TimeoutException or IOException)
        {
            throw new HttpRequestException("The discovery document of the provider cannot be read.", fault);
        }
    }

    private static async Task<HttpResponseMessage> SendAsync(ProviderScheme scheme, string? endpoint, OpenIdConnectMessage message)
    {
        if (string.IsNullOrEmpty(endpoint))
        {
            throw new HttpRequestException("The discovery document of the provider names no token endpoint.");
        }

        message.ClientId = scheme.Options.ClientId;
        if (!string.IsNullOrEmpty(scheme.Options.ClientSecret))
        {
            message.ClientSecret = scheme.Options.ClientSecret;
        }

        using var limit = new CancellationTokenSource(s_patience);
        try
        {
            if (scheme.Settings.OnTokenRequest is { } complete)
            {
                await complete(message, limit.Token).ConfigureAwait(false);
            }

            using var request = new HttpRequestMessage(HttpMethod.Post, endpoint);
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
            request.Content = new FormUrlEncodedContent(message.Parameters);
            request.Version = scheme.Options.Backchannel.DefaultRequestVersion;
            return await scheme.Options.Backchannel.SendAsync(request, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException fault)
        {
            throw new HttpRequestException($"The provider did not answer within {s_patience}.", fault);
        }
    }

    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "The caller disposes of it.")]
    private static JsonDocument Parse(string body)
    {
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException fault)
        {
            throw new HttpRequestException("The provider answered without JSON.", fault);
        }
    }
}
