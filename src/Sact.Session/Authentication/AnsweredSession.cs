using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// Says of <see cref="AuthenticationProperties"/> which session they were answered from, and with what. It goes along in their parameters, which are never stored or sent.
/// </summary>
internal sealed record AnsweredSession(SessionKey Key, string UserId, bool IsPersistent, DateTimeOffset? ExpiresUtc, bool? AllowRefresh)
{
    private const string Parameter = "Sact.Session";

    /// <summary>The sessions that this request was authenticated by: those that a change of the security stamp made in it leaves alive.</summary>
    private sealed class OfRequest
    {
        public HashSet<SessionKey> Keys { get; } = [];
    }

    public static void Mark(HttpContext context, AuthenticationProperties properties, SessionRecord record)
    {
        properties.Parameters[Parameter] = new AnsweredSession(record.Key, record.UserId!, record.IsPersistent, Utc(record.ExpiresAt), properties.AllowRefresh);
        NoteIn(context, record.Key);
    }

    public static void NoteIn(HttpContext context, SessionKey key)
    {
        if (context.Features.Get<OfRequest>() is not { } sessions)
        {
            context.Features.Set(sessions = new OfRequest());
        }

        sessions.Keys.Add(key);
    }

    public static bool IsNotedIn(HttpContext? context, SessionKey key) => context?.Features.Get<OfRequest>()?.Keys.Contains(key) == true;

    public static AnsweredSession? Of(AuthenticationProperties properties) => properties.GetParameter<AnsweredSession>(Parameter);

    /// <summary>Whether the application has left them as they were answered.</summary>
    public bool IsUnchangedIn(AuthenticationProperties properties) =>
        properties.IsPersistent == IsPersistent && HasAnsweredExpiry(properties) && properties.AllowRefresh == AllowRefresh;

    /// <summary>Whether the expiry is the one answered, which is what the session has by itself and no wish of the application's.</summary>
    public bool HasAnsweredExpiry(AuthenticationProperties properties) => properties.ExpiresUtc is { } expires && Utc(expires) == ExpiresUtc;

    // Properties keep whole seconds.
    private static DateTimeOffset Utc(DateTimeOffset instant) => DateTimeOffset.FromUnixTimeSeconds(instant.ToUnixTimeSeconds());
}
