namespace Sact.Session.Scoreboard;

/// <summary>Every case, by family. Cases that move the clock come last, because the clock is never moved back.</summary>
internal static class AllCases
{
    public static IReadOnlyList<Case> List { get; } =
    [
        .. Of("Fixation", FixationCases.List),
        .. Of("Cookies", CookieCases.List),
        .. Of("Attributes", AttributeCases.List),
        .. Of("Sign-out", SignOutCases.List),
        .. Of("Devices", DeviceCases.List),
        .. Of("Races", RaceCases.List),
        .. Of("Caches", CacheCases.List),
        .. Of("Faults of the store", FaultCases.List),
        .. Of("What the store holds", StoreCases.List),
        .. Of("Renewal", RenewalCases.List),
        .. Of("Time", TimeCases.List),
    ];

    private static IEnumerable<Case> Of(string family, IEnumerable<Case> cases) => cases.Select(one => one with { Family = family });
}
