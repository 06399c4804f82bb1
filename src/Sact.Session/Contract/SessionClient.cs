namespace Sact.Session;

/// <summary>What is known of the device behind a session, for its user to recognise it by. Personal data; kept only if the application asks.</summary>
/// <param name="UserAgent">The User-Agent header, cut to 512 characters by the constructor's caller; null if none was sent.</param>
/// <param name="RemoteAddress">The address of the peer as text; null if unknown.</param>
public sealed record SessionClient(string? UserAgent, string? RemoteAddress);
