namespace Sact.Session.StoreContract;

/// <summary>The contract of <see cref="IGenericStore"/>, case by case.</summary>
public static class StoreContractSuite
{
    /// <summary>All cases. They share nothing, and may run in parallel over one subject.</summary>
    public static IReadOnlyList<StoreContractCase> Cases { get; } =
    [
        .. NamingCases.All,
        .. CreationCases.All,
        .. RoundTripCases.All,
        .. UpdateCases.All,
        .. VersionCases.All,
        .. ConditionCases.All,
        .. TouchCases.All,
        .. RenewalCases.All,
        .. RaiseCases.All,
        .. SealingCases.All,
        .. EndingCases.All,
        .. EndingManyCases.All,
        .. MarkerCases.All,
        .. WatchCases.All,
        .. QueryCases.All,
        .. ExpiryCases.All,
        .. ClockCases.All,
        .. SweepCases.All,
        .. ListingCases.All,
        .. PrefixCases.All,
        .. CapCases.All,
        .. CapOrderCases.All,
        .. RaceCases.All,
        .. EndingRaceCases.All,
        .. CancellationCases.All,
        .. UnreadableCases.All,
        .. ModelCases.All,
    ];
}
