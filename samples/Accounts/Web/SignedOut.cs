using Sact.Session;

namespace Accounts.Web;

/// <summary>Why a visitor has to sign in again, in words for the visitor.</summary>
internal static class SignedOut
{
    public static string Because(SessionEndReason? reason) => reason switch
    {
        SessionEndReason.SignedOutElsewhere => "You were signed out from another device. Sign in to go on.",
        SessionEndReason.OverLimit => "You signed in on many devices, so this one was signed out. Sign in to go on.",
        SessionEndReason.Replayed =>
            "An old copy of this sign-in was used, so it was ended for your safety. Sign in, and look at your devices.",
        SessionEndReason.UserDeleted => "This account was deleted.",
        SessionEndReason.Expired => "You were away for a while, so you were signed out. Sign in to go on.",
        _ => "You are not signed in, or no longer are. Sign in to go on.",
    };
}
