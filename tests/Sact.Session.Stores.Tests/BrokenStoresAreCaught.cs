using Sact.Session.Stores.Tests.BrokenStores;
using Opener = System.Func<
    Sact.Session.Stores.GenericStoreOptions, Sact.Session.Stores.Tests.DictionaryData, Sact.Session.IGenericStore>;

namespace Sact.Session.Stores.Tests;

/// <summary>
/// A suite that passes everything proves nothing: each of these stores breaks one rule, and the case of that rule says so.
/// </summary>
public sealed class BrokenStoresAreCaught
{
    private static readonly Dictionary<string, (Opener Open, string[] Cases)> s_broken = new()
    {
        // Creation
        [nameof(OverwritesOnCreate)] = (
            (o, d) => new OverwritesOnCreate(o, d),
            ["Creation.NeverOverwrites", "Creation.RetryKeepsWhatHappenedSince", "Creation.ParallelRivalsLeaveOne"]),
        [nameof(RefusesARetry)] = (
            (o, d) => new RefusesARetry(o, d),
            ["Creation.VeryCreationIsARetry", "Creation.ParallelRetriesLeaveOne"]),
        [nameof(OverwritesOnRetry)] = ((o, d) => new OverwritesOnRetry(o, d), ["Creation.RetryKeepsWhatHappenedSince"]),
        [nameof(TakesAnyRecordForARetry)] = ((o, d) => new TakesAnyRecordForARetry(o, d), ["Creation.NeverOverwrites"]),
        [nameof(CapsBeforeItLooks)] = ((o, d) => new CapsBeforeItLooks(o, d), ["Creation.RetryEndsNobody", "Creation.ExistsEndsNobody"]),
        [nameof(HoldsTheKeysOfTheDead)] = ((o, d) => new HoldsTheKeysOfTheDead(o, d), ["Creation.DeadRecordGivesWay"]),
        [nameof(ClearsTheKeyBeforeTheCap)] = ((o, d) => new ClearsTheKeyBeforeTheCap(o, d), ["Creation.RefusalDestroysNothing"]),
        [nameof(TakesForeignPrefixes)] = ((o, d) => new TakesForeignPrefixes(o, d), ["Creation.ContradictoryRecordIsRefused"]),
        [nameof(CreatesWithoutALock)] = ((o, d) => new CreatesWithoutALock(o, d), ["Creation.ParallelRivalsLeaveOne"]),

        // Changes
        [nameof(UpsertsOnUpdate)] = (
            (o, d) => new UpsertsOnUpdate(o, d),
            ["Update.NeverCreates", "Update.EndedIsGone", "EndingRace.NoWriterRevives"]),
        [nameof(WritesWholeBlobs)] = (
            (o, d) => new WritesWholeBlobs(o, d),
            ["Update.OtherFieldsStay", "Update.EmptyChangeStoresNothingOfTheGivenRecord", "Race.WritersOfDifferentFieldsAllLand"]),
        [nameof(AnswersWithTheOldRecord)] = ((o, d) => new AnswersWithTheOldRecord(o, d), ["Update.AnswerIsTheRecordNow"]),
        [nameof(IgnoresConditions)] = (
            (o, d) => new IgnoresConditions(o, d),
            ["Condition.FailsAndNothingLands", "Race.CompareAndSwapIsExact"]),
        [nameof(TakesNullForAbsent)] = ((o, d) => new TakesNullForAbsent(o, d), ["Condition.AbsentIsNotNull"]),
        [nameof(LandsFieldsOfAConflict)] = ((o, d) => new LandsFieldsOfAConflict(o, d), ["Condition.FailsAndNothingLands"]),
        [nameof(RemovesAfterItSets)] = ((o, d) => new RemovesAfterItSets(o, d), ["Update.SetWinsOverRemove"]),
        [nameof(IgnoresTheLimit)] = ((o, d) => new IgnoresTheLimit(o, d), ["Update.LimitIsKept"]),
        [nameof(RefusesToShrink)] = ((o, d) => new RefusesToShrink(o, d), ["Update.RecordOverTheLimitCanShrink"]),
        [nameof(CountsCharactersNotBytes)] = ((o, d) => new CountsCharactersNotBytes(o, d), ["Update.LimitIsExact"]),
        [nameof(IgnoresTheLineageOfChanges)] = ((o, d) => new IgnoresTheLineageOfChanges(o, d), ["Update.OtherLineageIsGone"]),
        [nameof(ReadsThenWrites)] = (
            (o, d) => new ReadsThenWrites(o, d),
            ["Race.WritersOfDifferentFieldsAllLand", "Race.CompareAndSwapIsExact", "Renewal.OfParallelProposalsOneWins",
             "Renewal.OfParallelReplacementsOneWins"]),
        [nameof(WritesFieldByField)] = ((o, d) => new WritesFieldByField(o, d), ["Race.ReadsSeeWholeChanges"]),

        // Versions
        [nameof(ReplacesWithoutComparing)] = (
            (o, d) => new ReplacesWithoutComparing(o, d),
            ["Version.CallersOfOneVersionBothApply", "Version.OldRecordIsAsValidAsANewOne", "Version.RefusalsAreOfTheStoredRecord",
             "Update.OtherFieldsStay"]),
        [nameof(ComparesOnlyTheVersion)] = (
            (o, d) => new ComparesOnlyTheVersion(o, d),
            ["Version.OneVersionIsNotOneSession", "Update.OtherLineageIsGone"]),
        [nameof(ReplacesWhatIsOlder)] = (
            (o, d) => new ReplacesWhatIsOlder(o, d),
            ["Version.CallersOfOneVersionBothApply", "Version.OldRecordIsAsValidAsANewOne"]),
        [nameof(ReplacesUnseen)] = ((o, d) => new ReplacesUnseen(o, d), ["Unreadable.GarbageIsAbsent", "Unreadable.NewerFormatIsAFault"]),
        [nameof(RefusesByTheCallersRecord)] = (
            (o, d) => new RefusesByTheCallersRecord(o, d),
            ["Version.RefusalsAreOfTheStoredRecord", "Version.OldRecordsOfALongerLifeAreNotGone"]),
        [nameof(KeepsTheVersion)] = (
            (o, d) => new KeepsTheVersion(o, d),
            ["Version.GrowsWithEveryChange", "Version.CallersOfOneVersionBothApply"]),
        [nameof(CountsEveryCall)] = (
            (o, d) => new CountsEveryCall(o, d),
            ["Version.StaysWhereNothingChanges", "Touch.RedundantOneChangesNothing"]),
        [nameof(ForgetsTheVersion)] = ((o, d) => new ForgetsTheVersion(o, d), ["Version.ComesBack", "RoundTrip.PackedBytesComeBack"]),
        [nameof(LosesAJoinedChange)] = ((o, d) => new LosesAJoinedChange(o, d), ["Race.EveryWriterOfOneSessionApplies"]),
        [nameof(GivesUpAfterALostRace)] = (
            (o, d) => new GivesUpAfterALostRace(o, d),
            ["Race.EveryWriterOfOneSessionApplies", "Race.WritersOfDifferentFieldsAllLand"]),

        // Touch, renewal, raise
        [nameof(WritesRedundantTouches)] = (
            (o, d) => new WritesRedundantTouches(o, d),
            ["Touch.RedundantOneChangesNothing", "Touch.ParallelOnesOfADueSessionChangeItOnce"]),
        [nameof(DropsWhatIsBesideARedundantTouch)] = (
            (o, d) => new DropsWhatIsBesideARedundantTouch(o, d),
            ["Touch.RedundantOneDropsNothingElse"]),
        [nameof(DropsTheFirstTouch)] = ((o, d) => new DropsTheFirstTouch(o, d), ["Touch.FirstOneIsNeverRedundant"]),
        [nameof(TouchesBackwards)] = ((o, d) => new TouchesBackwards(o, d), ["Touch.MovesNoClockBackwards"]),
        [nameof(TouchesPastTheDeadline)] = ((o, d) => new TouchesPastTheDeadline(o, d), ["Touch.NeverPassesTheAbsoluteDeadline"]),
        [nameof(ForgetsThePresentation)] = ((o, d) => new ForgetsThePresentation(o, d), ["Touch.FirstTouchLiftsTheFirstUseLimit"]),
        [nameof(ForgetsClients)] = (
            (o, d) => new ForgetsClients(o, d),
            ["Touch.ClientIsReplacedOrKept", "RoundTrip.EveryPropertyComesBack"]),
        [nameof(IgnoresWhatARenewalSaw)] = (
            (o, d) => new IgnoresWhatARenewalSaw(o, d),
            ["Renewal.ProposeReplacesThePendingItSaw", "Renewal.ReplaceOfStaleRotorsIsAConflict", "Renewal.OfParallelProposalsOneWins"]),
        [nameof(IgnoresTheGeneration)] = ((o, d) => new IgnoresTheGeneration(o, d), ["Renewal.AnOlderGenerationWritesNothing"]),
        [nameof(PromotesTwice)] = ((o, d) => new PromotesTwice(o, d), ["Renewal.PromoteOfAnotherIsAConflict"]),
        [nameof(ForgetsThePrevious)] = ((o, d) => new ForgetsThePrevious(o, d), ["Renewal.PromoteMakesPendingCurrent"]),
        [nameof(KeepsTheGeneration)] = ((o, d) => new KeepsTheGeneration(o, d), ["Renewal.ReplaceLeavesOneSecret"]),
        [nameof(RenewsTheDeadline)] = ((o, d) => new RenewsTheDeadline(o, d), ["Renewal.ExtendsNoDeadline"]),
        [nameof(LowersLevels)] = ((o, d) => new LowersLevels(o, d), ["Raise.NeverLowers"]),
        [nameof(LeavesThemPending)] = ((o, d) => new LeavesThemPending(o, d), ["Raise.SignsAPendingSessionIn"]),
        [nameof(IgnoresNewLimits)] = (
            (o, d) => new IgnoresNewLimits(o, d),
            ["Raise.SignsAPendingSessionIn", "Raise.NewLimitsCountFromCreation"]),

        // Expiry and clocks
        [nameof(ReadsTheExpired)] = ((o, d) => new ReadsTheExpired(o, d), ["Expiry.IsAbsentToReads", "Expiry.ExactlyAtTheIdleDeadline"]),
        [nameof(ExpiresOneMillisecondLate)] = (
            (o, d) => new ExpiresOneMillisecondLate(o, d),
            ["Expiry.ExactlyAtTheIdleDeadline", "Expiry.ExactlyAtTheFirstUseDeadline", "Expiry.ExactlyAtTheAbsoluteDeadline"]),
        [nameof(ChangesTheExpired)] = (
            (o, d) => new ChangesTheExpired(o, d),
            ["Update.ExpiredIsGone", "Clock.SetRightRevivesWhatOnlyExpired"]),
        [nameof(ForgetsTheFirstUseTimeout)] = (
            (o, d) => new ForgetsTheFirstUseTimeout(o, d),
            ["Expiry.ExactlyAtTheFirstUseDeadline", "Touch.FirstTouchLiftsTheFirstUseLimit"]),
        [nameof(DeletesTheExpiredOnRead)] = (
            (o, d) => new DeletesTheExpiredOnRead(o, d),
            ["Clock.SetRightRevivesWhatOnlyExpired", "Clock.NothingIsDestroyedWithinTheMargin", "Clock.HandlesMayDisagree"]),
        [nameof(PrunesTheExpiredOnCreate)] = (
            (o, d) => new PrunesTheExpiredOnCreate(o, d),
            ["Clock.CapUnderAWrongClockDestroysNothing", "Clock.NothingIsDestroyedWithinTheMargin"]),
        [nameof(ListsTheExpired)] = ((o, d) => new ListsTheExpired(o, d), ["Expiry.IsAbsentToReads", "Listing.DeadAreSkipped"]),
        [nameof(CountsTheExpired)] = ((o, d) => new CountsTheExpired(o, d), ["Expiry.IsAbsentToReads"]),
        [nameof(LeavesTheExpiredWhenItEnds)] = ((o, d) => new LeavesTheExpiredWhenItEnds(o, d), ["Clock.SetBackRevivesNoEnd"]),
        [nameof(CountsTheExpiredItEnds)] = (
            (o, d) => new CountsTheExpiredItEnds(o, d),
            ["Expiry.IsAbsentToEnds", "EndingMany.ExpiredAreNotCounted"]),
        [nameof(SweepsAtTheDeadline)] = (
            (o, d) => new SweepsAtTheDeadline(o, d),
            ["Sweep.DestroysWhatIsPastTheMargin", "Sweep.SparesTheMargin", "Clock.NothingIsDestroyedWithinTheMargin",
             "Clock.HandlesMayDisagree"]),
        [nameof(BelievesAnyClock)] = (
            (o, d) => new BelievesAnyClock(o, d),
            ["Sweep.BelievesNoJumpingClock", "Clock.SetRightRevivesWhatOnlyExpired"]),
        [nameof(SweepsByTheFirstDeadline)] = (
            (o, d) => new SweepsByTheFirstDeadline(o, d),
            ["Sweep.SparesTheLiving", "Sweep.NeverTakesWhatIsTouched"]),
        [nameof(SweepsWithoutEnd)] = ((o, d) => new SweepsWithoutEnd(o, d), ["Sweep.KeepsToItsBatch"]),
        [nameof(SweepsWhatItCannotRead)] = ((o, d) => new SweepsWhatItCannotRead(o, d), ["Sweep.LeavesWhatCannotBeRead"]),
        [nameof(NeverSweeps)] = ((o, d) => new NeverSweeps(o, d), ["Sweep.DestroysWhatIsPastTheMargin", "Sweep.KeepsToItsBatch"]),

        // Ends, lists, prefixes
        [nameof(IgnoresTheLineageOfEnds)] = ((o, d) => new IgnoresTheLineageOfEnds(o, d), ["Ending.OtherLineageEndsNothing"]),
        [nameof(EndsOnlyWhatHasNotChanged)] = ((o, d) => new EndsOnlyWhatHasNotChanged(o, d), ["Ending.WorksThroughAStaleRecord"]),
        [nameof(SaysTrueToEveryEnd)] = ((o, d) => new SaysTrueToEveryEnd(o, d), ["Ending.IsIdempotent", "Ending.NeverStoredIsFalse"]),
        [nameof(EndsTwice)] = ((o, d) => new EndsTwice(o, d), ["Ending.OfParallelEndsOneIsTrue"]),
        [nameof(ListsFromAnIndexItForgets)] = (
            (o, d) => new ListsFromAnIndexItForgets(o, d),
            ["Ending.EndsOneSession", "Listing.UnknownUserHasNone", "EndingRace.ListAndRecordsAgree"]),
        [nameof(IgnoresTheException)] = ((o, d) => new IgnoresTheException(o, d), ["EndingMany.KeepsTheExcepted"]),
        [nameof(KeepsAllForAForeignException)] = (
            (o, d) => new KeepsAllForAForeignException(o, d),
            ["EndingMany.ForeignExceptionKeepsNothing"]),
        [nameof(ExceptsByKeyPart)] = ((o, d) => new ExceptsByKeyPart(o, d), ["EndingMany.ForeignExceptionKeepsNothing"]),
        [nameof(SparesThePending)] = ((o, d) => new SparesThePending(o, d), ["EndingMany.EndsTheUsersSessions"]),
        [nameof(HidesThePending)] = ((o, d) => new HidesThePending(o, d), ["Listing.ShowsSignedInAndPending"]),
        [nameof(StopsAfterAHundred)] = ((o, d) => new StopsAfterAHundred(o, d), ["EndingMany.EndsHundreds"]),
        [nameof(AcknowledgesTooEarly)] = (
            (o, d) => new AcknowledgesTooEarly(o, d),
            ["EndingMany.EndsTheUsersSessions", "EndingRace.EndingManyMissesNobody"]),
        [nameof(WritesAfterTheEnd)] = (
            (o, d) => new WritesAfterTheEnd(o, d),
            ["EndingRace.NoWriterRevives", "EndingRace.NoWriterRevivesAmongMany"]),
        [nameof(EndsAllPrefixes)] = ((o, d) => new EndsAllPrefixes(o, d), ["Prefix.DeleteAllStopsAtThePrefix"]),
        [nameof(EndsByPatternOfThePrefix)] = ((o, d) => new EndsByPatternOfThePrefix(o, d), ["Prefix.DeleteAllStopsAtThePrefix"]),
        [nameof(SparesTheAnonymous)] = ((o, d) => new SparesTheAnonymous(o, d), ["EndingMany.EndsEverySessionOfThePrefix"]),
        [nameof(ForgetsWhatProvidersEnded)] = ((o, d) => new ForgetsWhatProvidersEnded(o, d), ["Listing.ClearSparesNotesWithoutAUser"]),
        [nameof(KeepsEveryNote)] = ((o, d) => new KeepsEveryNote(o, d), ["Listing.ClearSparesNotesWithoutAUser"]),
        [nameof(CountsOnlyUsers)] = ((o, d) => new CountsOnlyUsers(o, d), ["Listing.CountIsOfAnyState"]),
        [nameof(FindsForeignPrefixes)] = (
            (o, d) => new FindsForeignPrefixes(o, d),
            ["Prefix.ForeignKeyIsAbsent", "Naming.DefaultKeyIsRefused"]),
        [nameof(ListsEveryPrefix)] = ((o, d) => new ListsEveryPrefix(o, d), ["Prefix.KeepsApplicationsApart"]),
        [nameof(IgnoresCancellation)] = (
            (o, d) => new IgnoresCancellation(o, d),
            ["Cancellation.ReadsAreGivenUp", "Cancellation.WritesDoNotBegin"]),

        // Sealed fields
        [nameof(ForgetsWrappedKeys)] = ((o, d) => new ForgetsWrappedKeys(o, d), ["Sealing.WrappedKeysComeBack"]),

        // Markers
        [nameof(LeavesNoMarkers)] = (
            (o, d) => new LeavesNoMarkers(o, d),
            ["Marker.SaysWhyAndWhen", "Marker.LateRetryOfACreationRevivesNothing"]),
        [nameof(OverwritesMarkers)] = (
            (o, d) => new OverwritesMarkers(o, d),
            ["Marker.FirstEndWins", "Marker.OfParallelEndsOneReasonStays"]),
        [nameof(CreatesOverMarkers)] = ((o, d) => new CreatesOverMarkers(o, d), ["Marker.LateRetryOfACreationRevivesNothing"]),
        [nameof(LeavesNoMarkersOfAUser)] = ((o, d) => new LeavesNoMarkersOfAUser(o, d), ["Marker.EndOfAUserLeavesOneEach"]),
        [nameof(LeavesNoMarkersInACap)] = ((o, d) => new LeavesNoMarkersInACap(o, d), ["Marker.CapLeavesOne"]),
        [nameof(SaysAnotherReason)] = ((o, d) => new SaysAnotherReason(o, d), ["Marker.SaysWhyAndWhen", "Marker.EndedThroughAStaleRecord"]),
        [nameof(MarksAndKeeps)] = ((o, d) => new MarksAndKeeps(o, d), ["Marker.SaysWhyAndWhen", "Marker.IsNoSession"]),

        // Caps
        [nameof(CapsOneTooMany)] = (
            (o, d) => new CapsOneTooMany(o, d),
            ["Cap.EndsNobodyWhileThereIsRoom", "Cap.ExactUnderParallelSignIns"]),
        [nameof(CapsWithoutALock)] = (
            (o, d) => new CapsWithoutALock(o, d),
            ["Cap.ExactUnderParallelSignIns", "Cap.ExactRefusalUnderParallelSignIns"]),
        [nameof(CapsOthersToo)] = ((o, d) => new CapsOthersToo(o, d), ["Cap.OnlyTheUsersOwnEnd"]),
        [nameof(CapsTheAnonymous)] = ((o, d) => new CapsTheAnonymous(o, d), ["Cap.AnonymousAreNotCapped"]),
        [nameof(CapsWithoutThePending)] = ((o, d) => new CapsWithoutThePending(o, d), ["Cap.PendingCount"]),
        [nameof(CapsWithTheDead)] = ((o, d) => new CapsWithTheDead(o, d), ["Cap.DeadDoNotCount"]),
        [nameof(EndsInsteadOfRefusing)] = ((o, d) => new EndsInsteadOfRefusing(o, d), ["Cap.RefuseWritesNothing"]),
        [nameof(CapsTheNewest)] = ((o, d) => new CapsTheNewest(o, d), ["CapOrder.LeastRecentlyUsedGoesFirst", "CapOrder.OldestGoesFirst"]),
        [nameof(CapsByLastVisitOnly)] = (
            (o, d) => new CapsByLastVisitOnly(o, d),
            ["CapOrder.NeverPresentedGoesBeforeAll", "CapOrder.OldestGoesFirst"]),
        [nameof(CapsThePendingLikeAny)] = ((o, d) => new CapsThePendingLikeAny(o, d), ["CapOrder.PendingGoesBeforeSignedIn"]),
        [nameof(CapsAtOneEach)] = ((o, d) => new CapsAtOneEach(o, d), ["Cap.LoweredCapEndsSeveral"]),
        [nameof(BreaksTiesAnyhow)] = ((o, d) => new BreaksTiesAnyhow(o, d), ["CapOrder.TiesGoByCreationThenKey"]),
        [nameof(NamesNobodyItEnded)] = ((o, d) => new NamesNobodyItEnded(o, d), ["Cap.EndedAreNamedAndGone"]),

        // Data
        [nameof(DropsNulls)] = ((o, d) => new DropsNulls(o, d), ["RoundTrip.AwkwardValuesComeBack", "Update.NullIsAValue"]),
        [nameof(RewritesNumbers)] = ((o, d) => new RewritesNumbers(o, d), ["RoundTrip.AwkwardValuesComeBack"]),
        [nameof(NormalisesJson)] = ((o, d) => new NormalisesJson(o, d), ["RoundTrip.AwkwardValuesComeBack", "Condition.ComparesBytes"]),
        [nameof(FoldsNames)] = ((o, d) => new FoldsNames(o, d), ["RoundTrip.AwkwardNamesComeBack"]),
        [nameof(TrimsNames)] = ((o, d) => new TrimsNames(o, d), ["RoundTrip.AwkwardNamesComeBack"]),
        [nameof(CutsValues)] = ((o, d) => new CutsValues(o, d), ["RoundTrip.LargeValuesComeBack"]),
        [nameof(FoldsUsers)] = ((o, d) => new FoldsUsers(o, d), ["RoundTrip.AwkwardUsersStayApart"]),
        [nameof(TrimsUsers)] = ((o, d) => new TrimsUsers(o, d), ["RoundTrip.AwkwardUsersStayApart"]),
        [nameof(KeepsSeconds)] = ((o, d) => new KeepsSeconds(o, d), ["RoundTrip.EveryPropertyComesBack", "Creation.IsFoundAgain"]),
        [nameof(ForgetsThePendingHash)] = (
            (o, d) => new ForgetsThePendingHash(o, d),
            ["RoundTrip.EveryPropertyComesBack", "Renewal.ProposeSetsPending"]),
        [nameof(QueriesPastTheUnreadable)] = (
            (o, d) => new QueriesPastTheUnreadable(o, d),
            ["Query.AnUnreadableRecordIsCountedAndHidesNothing"]),
        [nameof(DeletesGarbage)] = ((o, d) => new DeletesGarbage(o, d), ["Unreadable.GarbageIsNotDeletedByReads"]),
        [nameof(ThrowsOnGarbage)] = ((o, d) => new ThrowsOnGarbage(o, d), ["Unreadable.GarbageIsAbsent"]),
        [nameof(ReadsNewerFormats)] = (
            (o, d) => new ReadsNewerFormats(o, d),
            ["Unreadable.NewerFormatIsAFault", "Unreadable.NewerFormatStaysUntouched"]),
        [nameof(HidesNewerFormats)] = ((o, d) => new HidesNewerFormats(o, d), ["Unreadable.NewerFormatIsAFault"]),
        [nameof(TakesNewerFormatsForGarbage)] = (
            (o, d) => new TakesNewerFormatsForGarbage(o, d),
            ["Unreadable.NewerFormatCanBeEnded", "Unreadable.NewerFormatEndsWithItsUsers", "Unreadable.NewerFormatEndsWithAll"]),
        [nameof(ListsWithoutNewerFormats)] = (
            (o, d) => new ListsWithoutNewerFormats(o, d),
            ["Unreadable.NewerFormatIsAFault", "Unreadable.NewerFormatStaysUntouched"]),
        [nameof(ListsNoUserBesideANewerFormat)] = ((o, d) => new ListsNoUserBesideANewerFormat(o, d), ["Unreadable.NewerFormatIsAFault"]),
        [nameof(FaultsOnExpiredNewerFormats)] = (
            (o, d) => new FaultsOnExpiredNewerFormats(o, d),
            ["Unreadable.ExpiredNewerFormatIsAbsent"]),
        [nameof(EndsNewerFormatsOfAnyLineage)] = ((o, d) => new EndsNewerFormatsOfAnyLineage(o, d), ["Unreadable.NewerFormatCanBeEnded"]),
        [nameof(CapsWithoutNewerFormats)] = (
            (o, d) => new CapsWithoutNewerFormats(o, d),
            ["Unreadable.NewerFormatCountsUnderTheCap", "Unreadable.NewerFormatThatFillsTheCapIsAFault"]),
        [nameof(EndsNewerFormatsByTheCap)] = (
            (o, d) => new EndsNewerFormatsByTheCap(o, d),
            ["Unreadable.NewerFormatCountsUnderTheCap", "Unreadable.NewerFormatThatFillsTheCapIsAFault"]),
        [nameof(RefusesWhereNewerFormatsFillTheCap)] = (
            (o, d) => new RefusesWhereNewerFormatsFillTheCap(o, d),
            ["Unreadable.NewerFormatThatFillsTheCapIsAFault"]),
        [nameof(SweepsNewerFormats)] = ((o, d) => new SweepsNewerFormats(o, d), ["Unreadable.NewerFormatThatLivesIsNotSwept"]),
        [nameof(OverwritesNewerFormats)] = ((o, d) => new OverwritesNewerFormats(o, d), ["Unreadable.NewerFormatStaysUntouched"]),
    };

    public static TheoryData<string, string> Rules
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (var (store, (_, cases)) in s_broken)
            {
                foreach (string @case in cases)
                {
                    rows.Add(store, @case);
                }
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public async Task ByTheCaseOfTheRule(string store, string caseName)
    {
        await using var subject = new DictionarySubject(s_broken[store].Open);

        var fault = await Assert.ThrowsAsync<StoreContractException>(
            () => ContractRows.Named(caseName).RunAsync(subject, TestContext.Current.CancellationToken));

        Assert.StartsWith(caseName + ": ", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>A store may break in ways nobody thought of: random commands find these without being told where to look.</summary>
    [Theory]
    [InlineData(nameof(OverwritesOnCreate))]
    [InlineData(nameof(RefusesARetry))]
    [InlineData(nameof(UpsertsOnUpdate))]
    [InlineData(nameof(WritesWholeBlobs))]
    [InlineData(nameof(IgnoresConditions))]
    [InlineData(nameof(RemovesAfterItSets))]
    [InlineData(nameof(IgnoresTheLimit))]
    [InlineData(nameof(TouchesBackwards))]
    [InlineData(nameof(IgnoresWhatARenewalSaw))]
    [InlineData(nameof(LowersLevels))]
    [InlineData(nameof(ExpiresOneMillisecondLate))]
    [InlineData(nameof(DeletesTheExpiredOnRead))]
    [InlineData(nameof(LeavesTheExpiredWhenItEnds))]
    [InlineData(nameof(SweepsAtTheDeadline))]
    [InlineData(nameof(IgnoresTheLineageOfEnds))]
    [InlineData(nameof(IgnoresTheException))]
    [InlineData(nameof(CapsOneTooMany))]
    [InlineData(nameof(CapsOthersToo))]
    [InlineData(nameof(CapsByLastVisitOnly))]
    [InlineData(nameof(DropsNulls))]
    [InlineData(nameof(FoldsNames))]
    [InlineData(nameof(ReplacesWithoutComparing))]
    [InlineData(nameof(ComparesOnlyTheVersion))]
    [InlineData(nameof(RefusesByTheCallersRecord))]
    [InlineData(nameof(KeepsTheVersion))]
    [InlineData(nameof(WritesRedundantTouches))]
    [InlineData(nameof(DropsTheFirstTouch))]
    public async Task ByRandomCommands(string store)
    {
        await using var subject = new DictionarySubject(s_broken[store].Open);

        var fault = await Assert.ThrowsAsync<StoreContractException>(
            () => StoreContractModel.RunAsync(subject, seed: 5, commands: 12_000, TestContext.Current.CancellationToken));

        Assert.StartsWith("With seed 5, at command ", fault.Message, StringComparison.Ordinal);
    }
}
