namespace Sact.Session.Stores.Tests.Interleavings;

/// <summary>What a request does.</summary>
internal enum Verb
{
    Read,

    /// <summary>A read that is due to be noted as seen.</summary>
    Touch,
    Update,
    CompareAndSwap,
    Renew,
    Raise,
    SignIn,
    SignOut,
    EndOthers,
    EndAll,
    CleanUp,
    BeginAnonymous,
}

/// <summary>Every pair and every triple of verbs, a verb beside itself included.</summary>
internal static class Combinations
{
    private static readonly Verb[] s_verbs = Enum.GetValues<Verb>();

    public static IReadOnlyList<Verb[]> All { get; } =
    [
        .. from one in s_verbs from two in s_verbs where two >= one select (Verb[])[one, two],
        .. from one in s_verbs from two in s_verbs from three in s_verbs where two >= one && three >= two
            select (Verb[])[one, two, three],
    ];
}
