using System.Security.Cryptography;
using static Sact.Session.StoreContract.CaseRun;

namespace Sact.Session.StoreContract;

internal static class SealingCases
{
    public static IReadOnlyList<StoreContractCase> All { get; } =
    [
        new("Sealing", WrappedKeysComeBack, "The wrapped keys of a record come back byte for byte.", ["K1"]),
        new("Sealing", KeysFollowTheirIds, "A renewal moves each wrapped key with the hash of its id, and drops it with that.", ["C12"]),
        new("Sealing", RenewalWithoutAKeyIsRefused, "A renewal of a session with sealed fields needs the key for the new id."),
    ];

    private static WrappedKey NewKey() => WrappedKey.FromBytes(RandomNumberGenerator.GetBytes(WrappedKey.Size));

    private static Task<SessionRecord> SignInAsync(CaseRun run, WrappedKey key) =>
        run.CreateAsync(run.Record(run.Alice, fields: Fields(("$~$claims", "\"c2VhbGVk\""))) with { CurrentKey = key });

    private static async Task WrappedKeysComeBack(CaseRun run)
    {
        var session = await SignInAsync(run, NewKey());
        RequireSame(session, await run.Other.GetAsync(session.Key, run.Token), "A session with sealed fields");
        var without = await run.SignInAsync(run.Alice);
        RequireSame(without, await run.Other.GetAsync(without.Key, run.Token), "A session without sealed fields");
    }

    private static async Task KeysFollowTheirIds(CaseRun run)
    {
        var (first, second, third) = (NewKey(), NewKey(), NewKey());
        var session = await SignInAsync(run, first);
        var hash = NewHash();
        var proposed = await run.AppliedAsync(
            session, new SessionChange { Renewal = SessionRenewal.Propose(hash, run.Now, session, second) });
        await HasAsync(run, session, first, second, null, "A proposed renewal");
        var promoted = await run.AppliedAsync(proposed, new SessionChange { Renewal = SessionRenewal.Promote(hash, run.Now) });
        await HasAsync(run, session, second, null, first, "A promoted renewal");
        await run.AppliedAsync(promoted, new SessionChange { Renewal = SessionRenewal.Replace(NewHash(), run.Now, promoted, third) });
        await HasAsync(run, session, third, null, null, "An immediate renewal");
    }

    private static async Task HasAsync(
        CaseRun run, SessionRecord session, WrappedKey current, WrappedKey? pending, WrappedKey? previous, string what)
    {
        var found = await run.Other.GetAsync(session.Key, run.Token);
        Require(found is not null, $"{what} lost the session.");
        Require(
            Equals(found!.CurrentKey, current) && Equals(found.PendingKey, pending) && Equals(found.PreviousKey, previous),
            $"{what} left a wrapped key beside the wrong id, or lost one.");
    }

    private static async Task RenewalWithoutAKeyIsRefused(CaseRun run)
    {
        var session = await SignInAsync(run, NewKey());
        await RequireThrowsAsync<ArgumentException>(
            async () => await run.Store.UpdateAsync(
                session, new SessionChange { Renewal = SessionRenewal.Propose(NewHash(), run.Now, session) }, run.Token),
            "A renewal without the wrapped key was accepted: nobody could open the fields with the new id.");
        await run.MatchesAsync(session, "A session after a refused renewal");
    }
}
