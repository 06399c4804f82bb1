namespace Sact.Session;

/// <summary>Why a session ended. Numbers are stored, so that none of them ever changes.</summary>
public enum SessionEndReason : byte
{
    /// <summary>Its user signed out with it.</summary>
    SignedOut = 1,

    /// <summary>Its user signed it out from another device, or signed out everywhere.</summary>
    SignedOutElsewhere = 2,

    /// <summary>A sign-in in the same browser replaced it. The user has another session now.</summary>
    Replaced = 3,

    /// <summary>Its user signed in on more devices than <c>SactSessionOptions.MaxSessionsPerUser</c> allows.</summary>
    OverLimit = 4,

    /// <summary>A session id that had been replaced long ago was used again. Somebody may have stolen it.</summary>
    Replayed = 5,

    /// <summary>The user's password or another credential was changed (ASP.NET Core Identity's security stamp).</summary>
    CredentialsChanged = 6,

    /// <summary>An administrator ended it.</summary>
    Administrator = 7,

    /// <summary>The identity provider signed the user out.</summary>
    IdentityProvider = 8,

    /// <summary>The user was deleted.</summary>
    UserDeleted = 9,

    /// <summary>The user was locked out.</summary>
    UserLockedOut = 10,

    /// <summary>It was not used for the idle timeout, or reached its absolute timeout. A store never writes this reason.</summary>
    Expired = 11,
}
