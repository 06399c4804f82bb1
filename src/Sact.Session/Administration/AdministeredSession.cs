namespace Sact.Session;

/// <summary>
/// A session as an administrator sees it. It has no hash, no secret and no metadata, so nobody can act as its user with it. The user id and
/// the devices are personal data.
/// </summary>
public sealed class AdministeredSession
{
    internal AdministeredSession(SessionRecord record)
    {
        Key = record.Key;
        UserId = record.UserId;
        State = record.State;
        AssuranceLevel = record.AssuranceLevel;
        IsPersistent = record.IsPersistent;
        CreatedAt = record.CreatedAt;
        AuthenticatedAt = record.AuthenticatedAt;
        LastSeenAt = record.LastSeenAt;
        ExpiresAt = record.ExpiresAt;
        SignInClient = record.SignInClient;
        LastSeenClient = record.LastSeenClient;
    }

    /// <summary>The session's key: its handle, and no secret.</summary>
    public SessionKey Key { get; }

    /// <summary>The user, signed in or pending; null for a visitor.</summary>
    public string? UserId { get; }

    /// <summary>Signed in, pending or anonymous.</summary>
    public SessionState State { get; }

    /// <summary>How well the user is authenticated, 0 to 255.</summary>
    public int AssuranceLevel { get; }

    /// <summary>Whether the cookie outlives the browser.</summary>
    public bool IsPersistent { get; }

    /// <summary>When the session began.</summary>
    public DateTimeOffset CreatedAt { get; }

    /// <summary>When the user last authenticated; null for a visitor.</summary>
    public DateTimeOffset? AuthenticatedAt { get; }

    /// <summary>When the session was last seen, as exactly as <c>TouchInterval</c> allows.</summary>
    public DateTimeOffset LastSeenAt { get; }

    /// <summary>When it expires if it is not used again.</summary>
    public DateTimeOffset ExpiresAt { get; }

    /// <summary>The device at the sign-in; null unless <see cref="SactSessionOptions.CaptureClient"/> has kept it.</summary>
    public SessionClient? SignInClient { get; }

    /// <summary>The device it was last seen from; null unless <see cref="SactSessionOptions.CaptureClient"/> has kept it.</summary>
    public SessionClient? LastSeenClient { get; }
}
