using System.Text.Json.Serialization;

namespace Sact.Session;

/// <summary>One of a user's own sessions, as the JSON API shows it. Its key is the handle to end it by; nothing in it is a secret.</summary>
internal sealed record ListedSession(
    [property: JsonPropertyName("key")] string Key,
    [property: JsonPropertyName("current")] bool Current,
    [property: JsonPropertyName("createdAt")] DateTimeOffset CreatedAt,
    [property: JsonPropertyName("authenticatedAt")] DateTimeOffset? AuthenticatedAt,
    [property: JsonPropertyName("lastSeenAt")] DateTimeOffset LastSeenAt,
    [property: JsonPropertyName("expiresAt")] DateTimeOffset ExpiresAt,
    [property: JsonPropertyName("persistent")] bool IsPersistent,
    [property: JsonPropertyName("assuranceLevel")] int AssuranceLevel,
    [property: JsonPropertyName("signInClient")] ListedClient? SignInClient,
    [property: JsonPropertyName("lastSeenClient")] ListedClient? LastSeenClient)
{
    public static ListedSession Of(SessionData session) => new(
        session.Key.ToString(),
        session.IsCurrent,
        session.CreatedAt,
        session.AuthenticatedAt,
        session.LastSeenAt,
        session.ExpiresAt,
        session.IsPersistent,
        session.AssuranceLevel,
        ListedClient.Of(session.SignInClient),
        ListedClient.Of(session.LastSeenClient));
}

/// <summary>The device of a session: plain text that the client chose.</summary>
internal sealed record ListedClient([property: JsonPropertyName("userAgent")] string? UserAgent, [property: JsonPropertyName("remoteAddress")] string? RemoteAddress)
{
    public static ListedClient? Of(SessionClient? client) => client is null ? null : new(client.UserAgent, client.RemoteAddress);
}

/// <summary>How many sessions were ended.</summary>
internal sealed record EndedSessions([property: JsonPropertyName("ended")] long Ended);

/// <summary>How they are written, without reflection. It also joins the application's own JSON, which OpenAPI describes types by.</summary>
[JsonSerializable(typeof(ListedSession[]))]
[JsonSerializable(typeof(EndedSessions))]
internal sealed partial class ListedSessionJson : JsonSerializerContext;
