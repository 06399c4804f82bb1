using Sact.Session;

namespace BlazorServer;

/// <summary>Why a session has ended, in words for its user.</summary>
internal static class SignedOut
{
    /// <returns>Null if there is no reason.</returns>
    public static string? Because(SessionEndReason? reason) => reason switch
    {
        SessionEndReason.SignedOut => "You signed out in this browser.",
        SessionEndReason.SignedOutElsewhere => "You were signed out from another device.",
        SessionEndReason.Replaced => "Somebody signed in again in this browser.",
        SessionEndReason.OverLimit => "You signed in on too many devices.",
        SessionEndReason.Replayed => "An old copy of your sign-in was used, so it was ended for your safety.",
        SessionEndReason.Administrator => "An administrator signed you out.",
        SessionEndReason.Expired => "You were away for too long.",
        null => null,
        _ => "Your session was ended.",
    };
}
