using System.Text.Json.Serialization;

namespace Sact.Session;

/// <summary>A session of the user, as the JSON API shows it. Its key is the handle by which the user ends it. It holds no secret.</summary>
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
