using static Sact.Session.StoreContract.CaseRun;

namespace Sact.Session.StoreContract;

internal static class UnreadableCases
{
    public static IReadOnlyList<StoreContractCase> All { get; } =
    [
        new("Unreadable", GarbageIsAbsent, "An unreadable record is absent, to reads and to changes, and nobody else notices.", ["H2"]),
        new("Unreadable", GarbageIsNotDeletedByReads, "No read deletes an unreadable record.", ["H2"]),
        new("Unreadable", NewerFormatIsAFault, "A record of a newer format is a SessionStoreException to a read and to a change.", ["H5"]),
        new("Unreadable", NewerFormatStaysUntouched, "No read and no change touches a record of a newer format.", ["H5"]),
    ];

    private static async Task<SessionRecord> PlantGarbageAsync(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("a", "1")));
        return await run.Subject.PlantGarbageAsync(session, run.Token) ? session : throw new StoreContractNotApplicableException("The subject cannot plant garbage (PlantGarbageAsync).");
    }

    private static async Task<SessionRecord> PlantNewerFormatAsync(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("a", "1")));
        return await run.Subject.PlantNewerFormatAsync(session, run.Token)
            ? session
            : throw new StoreContractNotApplicableException("The subject cannot plant a record of a newer format (PlantNewerFormatAsync).");
    }

    private static async Task StillStoredAsync(CaseRun run, SessionRecord session, string sentence)
    {
        bool? stored = await run.Subject.ExistsPhysicallyAsync(session.Key, run.Token);
        Require(stored ?? throw new StoreContractNotApplicableException("The subject cannot look behind the store's back (ExistsPhysicallyAsync)."), sentence);
    }

    private static async Task GarbageIsAbsent(CaseRun run)
    {
        var bad = await PlantGarbageAsync(run);
        var good = await run.SignInAsync(run.Alice);
        await run.AbsentAsync(bad, "An unreadable record was read.");
        await run.AnsweredAsync(SessionUpdateStatus.Gone, bad, new SessionChange { Set = Fields(("a", "2")) }, "A change to an unreadable record");
        await run.ListedAsync(run.Alice, "Beside an unreadable record the list is not the readable one.", good);
        await run.StandsAsync(good, "A session beside an unreadable one");
        await run.SignInAsync(run.Alice);
    }

    private static async Task GarbageIsNotDeletedByReads(CaseRun run)
    {
        var bad = await PlantGarbageAsync(run);
        await StillStoredAsync(run, bad, "PlantGarbageAsync planted nothing.");
        await run.AbsentAsync(bad, "An unreadable record was read.");
        await run.ListAsync(run.Alice);
        await run.Store.CountActiveSessionsAsync(run.Token);
        await StillStoredAsync(run, bad, "A read deleted an unreadable record.");
    }

    private static async Task NewerFormatIsAFault(CaseRun run)
    {
        var newer = await PlantNewerFormatAsync(run);
        await RequireThrowsAsync<SessionStoreException>(async () => await run.Store.GetAsync(newer.Key, run.Token), "A record of a newer format was read, or is absent.");
        foreach (var change in UpdateCases.EveryKind(newer, run.Now).Skip(1).Take(3))
        {
            await RequireThrowsAsync<SessionStoreException>(async () => await run.Store.UpdateAsync(newer, change, run.Token), "A record of a newer format was changed, or is absent.");
        }
    }

    private static async Task NewerFormatStaysUntouched(CaseRun run)
    {
        var newer = await PlantNewerFormatAsync(run);
        for (int i = 0; i < 2; i++)
        {
            await StillStoredAsync(run, newer, "A read or a change deleted a record of a newer format.");
            await RequireThrowsAsync<SessionStoreException>(async () => await run.Store.GetAsync(newer.Key, run.Token), "A record of a newer format is read as one of this format after it was touched.");
            await RequireThrowsAsync<SessionStoreException>(async () => await run.Store.UpdateAsync(newer, new SessionChange { Touch = new SessionTouch(run.Now) }, run.Token), "A record of a newer format was changed.");
        }
    }
}
