namespace Sact.Session;

/// <summary>Why a session ended; the label <c>reason</c> of <c>sact.session.ended</c>.</summary>
internal static class EndedReason
{
    public const string SignedOut = "signed_out";
    public const string Replaced = "replaced";
    public const string Cap = "cap";
    public const string Replayed = "replayed";
    public const string Others = "others";
    public const string Everywhere = "everywhere";
    public const string ByKey = "by_key";
    public const string IdentityProvider = "identity_provider";
    public const string Administrator = "administrator";
    public const string Unsent = "unsent";
}
