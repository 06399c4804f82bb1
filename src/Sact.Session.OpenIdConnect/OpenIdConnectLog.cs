using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>The log events of the OpenID Connect package. No message has a token, a user or a value that a request chose.</summary>
internal static partial class OpenIdConnectLog
{
    [LoggerMessage(400, LogLevel.Warning, "A logout request for scheme {Scheme} was refused: {Reason} The answer has no reason.")]
    public static partial void LogoutRefused(ILogger logger, string scheme, string reason);

    [LoggerMessage(401, LogLevel.Information, "The identity provider of scheme {Scheme} signed a user out: {Count} sessions ended.")]
    public static partial void SignedOut(ILogger logger, string scheme, int count);

    [LoggerMessage(
        402, LogLevel.Error,
        "A logout request for scheme {Scheme} could not be carried out: {Reason} It was answered with 503, so that the provider sends it "
        + "again.")]
    public static partial void LogoutFailed(ILogger logger, string scheme, string reason, Exception exception);

    [LoggerMessage(
        403, LogLevel.Warning,
        "A front-channel logout request for scheme {Scheme} was refused: {Reason} The session lives on.")]
    public static partial void FrontChannelRefused(ILogger logger, string scheme, string reason);

    [LoggerMessage(
        404, LogLevel.Information,
        "A sign-in by scheme {Scheme} was ended: the identity provider signed the user out while it was under way.")]
    public static partial void SignInOutdated(ILogger logger, string scheme);

    [LoggerMessage(
        405, LogLevel.Warning,
        "The tokens of session {Key} were not refreshed: the provider did not answer as it must. Nobody tries again for five seconds.")]
    public static partial void RefreshFailed(ILogger logger, SessionKey key, Exception exception);

    [LoggerMessage(
        406, LogLevel.Warning,
        "The provider refuses to refresh the tokens of session {Key}. The session lives on without an access token.")]
    public static partial void RefreshRefused(ILogger logger, SessionKey key);

    [LoggerMessage(
        407, LogLevel.Warning,
        "The refresh token of a session that was signed out was not revoked at the provider of scheme {Scheme}. It lives until it "
        + "expires.")]
    public static partial void NotRevoked(ILogger logger, string scheme, Exception? exception);
}
