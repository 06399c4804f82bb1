using System.Text.Json.Serialization;

namespace Sact.Session;

/// <summary>The device of a session: plain strings that the client chose.</summary>
internal sealed record ListedClient(
    [property: JsonPropertyName("userAgent")] string? UserAgent,
    [property: JsonPropertyName("remoteAddress")] string? RemoteAddress)
{
    public static ListedClient? Of(SessionClient? client) => client is null ? null : new(client.UserAgent, client.RemoteAddress);
}
