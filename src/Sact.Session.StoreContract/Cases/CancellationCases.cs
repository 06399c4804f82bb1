using static Sact.Session.StoreContract.CaseRun;

namespace Sact.Session.StoreContract;

internal static class CancellationCases
{
    private static readonly CancellationToken s_cancelled = new(canceled: true);

    public static IReadOnlyList<StoreContractCase> All { get; } =
    [
        new("Cancellation", ReadsAreGivenUp, "A read with a cancelled token is an OperationCanceledException."),
        new(
            "Cancellation",
            WritesDoNotBegin,
            "A write whose token is cancelled before it begins is an OperationCanceledException, and nothing is written.",
            ["I1"]),
        new(
            "Cancellation",
            BegunWritesAreFinishedOrNotBegun,
            "A write that is cancelled while it runs has happened completely or not at all.",
            ["I1"]),
    ];

    private static async Task ReadsAreGivenUp(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice);
        await RequireThrowsAsync<OperationCanceledException>(
            async () => await run.Store.GetAsync(session.Key, s_cancelled),
            "GetAsync with a cancelled token answered.");
        await RequireThrowsAsync<OperationCanceledException>(
            async () => await run.Store.CountActiveSessionsAsync(s_cancelled),
            "CountActiveSessionsAsync with a cancelled token answered.");
        await RequireThrowsAsync<OperationCanceledException>(
            async () =>
            {
                await foreach (var _ in run.Store.GetActiveSessionsAsync(run.Alice, s_cancelled))
                {
                }
            },
            "GetActiveSessionsAsync with a cancelled token answered.");
        await RequireThrowsAsync<OperationCanceledException>(
            async () =>
            {
                await foreach (var _ in run.Store.GetActiveSessionsAsync(run.Alice, CancellationToken.None).WithCancellation(s_cancelled))
                {
                }
            },
            "GetActiveSessionsAsync enumerated with a cancelled token answered.");
    }

    private static async Task WritesDoNotBegin(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice, Fields(("a", "1")));
        var late = run.Record(run.Alice);
        await RequireThrowsAsync<OperationCanceledException>(
            async () => await run.Store.CreateAsync(late, new SessionCap(1), s_cancelled),
            "CreateAsync began with a cancelled token.");
        await RequireThrowsAsync<OperationCanceledException>(
            async () => await run.Store.UpdateAsync(session, new SessionChange { Set = Fields(("a", "2")) }, s_cancelled),
            "UpdateAsync began with a cancelled token.");
        await RequireThrowsAsync<OperationCanceledException>(
            async () => await run.Store.DeleteAsync(session, s_cancelled),
            "DeleteAsync began with a cancelled token.");
        await RequireThrowsAsync<OperationCanceledException>(
            async () => await run.Store.DeleteActiveSessionsAsync(run.Alice, null, s_cancelled),
            "DeleteActiveSessionsAsync began with a cancelled token.");
        await RequireThrowsAsync<OperationCanceledException>(
            async () => await run.Store.ClearAsync(s_cancelled),
            "ClearAsync began with a cancelled token.");
        await run.MatchesAsync(session, "A session after writes with a cancelled token");
        await run.AbsentAsync(late, "CreateAsync with a cancelled token stored its session.");
        await run.ListedAsync(run.Alice, "Writes with a cancelled token changed the list.", session);
    }

    private static async Task BegunWritesAreFinishedOrNotBegun(CaseRun run)
    {
        for (int round = 0; round < 20; round++)
        {
            using var cancellation = new CancellationTokenSource();
            var session = run.Record(run.Alice);
            var creating = run.Store.CreateAsync(session, new SessionCap(1), cancellation.Token).AsTask();
            await cancellation.CancelAsync();
            bool? created = await OutcomeAsync(creating);
            bool there = await run.Store.GetAsync(session.Key, run.Token) is not null;
            Require(created is null || created == there, "The answer to a cancelled creation does not agree with what was stored.");
            Require(
                (await run.ListAsync(run.Alice)).Any(listed => listed.Key == session.Key) == there,
                "After a cancelled creation the list and the record disagree.");
            await run.Store.CreateAsync(session, new SessionCap(1), run.Token);
            await run.ListedAsync(run.Alice, "A cancelled creation that was tried again is not the one session under the cap.", session);

            using var second = new CancellationTokenSource();
            var changing = run.Store.UpdateAsync(
                session, new SessionChange { Set = Fields(("a", "1"), ("b", "1")) }, second.Token).AsTask();
            await second.CancelAsync();
            await OutcomeAsync(changing);
            Require(
                await run.Store.GetAsync(session.Key, run.Token) is { } now && now.Fields.Count is 0 or 2,
                "A cancelled change applied in part, or ended the session.");
        }
    }

    /// <summary>Whether the call answered; null if the store does not know whether it wrote.</summary>
    private static async Task<bool?> OutcomeAsync<T>(Task<T> call)
    {
        try
        {
            await call;
            return true;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (SessionStoreException fault) when (fault.OutcomeUnknown)
        {
            return null;
        }
    }
}
