namespace Sact.Session;

/// <summary>
/// What is known of the device behind a session, so that its user can recognise it in a list of devices. It is personal data, and is kept
/// only if <c>CaptureClient</c> is set.
/// </summary>
/// <param name="UserAgent">The User-Agent header, at most 512 characters; null if the request had none.</param>
/// <param name="RemoteAddress">The IP address of the peer; null if unknown.</param>
public sealed record SessionClient(string? UserAgent, string? RemoteAddress);
