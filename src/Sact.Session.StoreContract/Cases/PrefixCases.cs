using static Sact.Session.StoreContract.CaseRun;

namespace Sact.Session.StoreContract;

internal static class PrefixCases
{
    public static IReadOnlyList<StoreContractCase> All { get; } =
    [
        new(
            "Prefix",
            ForeignKeyIsAbsent,
            "A key of another prefix is never found, and a record of one is neither changed nor ended.",
            ["C10"]),
        new(
            "Prefix",
            KeepsApplicationsApart,
            "Stores of different prefixes never see each other's sessions, even of the same user and under the same key part.",
            ["C10"]),
        new(
            "Prefix",
            DeleteAllStopsAtThePrefix,
            "ClearAsync ends nothing of a prefix that begins with or resembles this store's prefix.",
            ["C10"]),
    ];

    private static async Task ForeignKeyIsAbsent(CaseRun run)
    {
        var stranger = await run.Subject.OpenAsync(run.Clock, run.Prefix + ".b", run.Token);
        var theirs = run.Record(run.Alice, key: stranger.GetSessionKey(stranger.CreateSessionId(run.Alice)));
        await stranger.CreateAsync(theirs, null, run.Token);
        Require(await run.Store.GetAsync(theirs.Key, run.Token) is null, "A key of another prefix was found.");
        await run.AnsweredAsync(
            SessionUpdateStatus.Gone, theirs, new SessionChange { Set = Fields(("a", "1")) }, "A change to a session of another prefix");
        Require(!await run.Store.DeleteAsync(theirs, run.Token), "A session of another prefix was ended.");
        RequireSame(theirs, await stranger.GetAsync(theirs.Key, run.Token), "A session of another prefix");
    }

    private static async Task KeepsApplicationsApart(CaseRun run)
    {
        var stranger = await run.Subject.OpenAsync(run.Clock, run.Prefix + ".b", run.Token);
        var ours = await run.SignInAsync(run.Alice);
        var hers = run.Record(run.Alice, key: stranger.GetSessionKey(stranger.CreateSessionId(run.Alice)));
        var twin = run.Record(null, key: SessionKey.Parse($"{run.Prefix}.b:{ours.Key.KeyPart}"));
        Require(await stranger.GetAsync(twin.Key, run.Token) is null, "A session was found under its key part and another prefix.");
        foreach (var session in new[] { hers, twin })
        {
            Require(
                (await stranger.CreateAsync(session, new SessionCap(1), run.Token)).Status == SessionCreationStatus.Created,
                "A session of the same user, or under the same key part, and of another prefix was not Created.");
        }

        await run.MatchesAsync(ours, "A session whose key part is used under another prefix too,");
        await run.ListedAsync(run.Alice, "A user's list shows a session of another prefix, or lost one to it.", ours);
        Require(
            await stranger.DeleteActiveSessionsAsync(run.Alice, null, run.Token) == 1,
            "Ending a user's sessions of one prefix did not end exactly those of that prefix.");
        Require(
            await stranger.DeleteAsync(twin, run.Token), "A session whose key part is used under another prefix too could not be ended.");
        await run.MatchesAsync(ours, "A session of the same user, or under the same key part, as those that ended under another prefix");
        await run.CountedAsync(1, "The count shows another prefix.");
    }

    private static async Task DeleteAllStopsAtThePrefix(CaseRun run)
    {
        var others = new List<(IGenericStore Store, SessionRecord Session)>();
        string p = run.Prefix;
        foreach (string prefix in new[] { p + "-x", p + ".x", p + "_x", p[..^1], p.Replace('-', '_'), p.Replace('-', '.'), "x" + p })
        {
            var store = await run.Subject.OpenAsync(run.Clock, prefix, run.Token);
            var session = run.Record(run.Alice, key: store.GetSessionKey(store.CreateSessionId(run.Alice)));
            await store.CreateAsync(session, null, run.Token);
            others.Add((store, session));
        }

        // '_' is a wildcard in SQL, and '.' in a regular expression.
        var wild = others.Single(other => other.Session.Key.Prefix == p.Replace('-', '_')).Store;
        await run.SignInAsync(run.Alice);
        Require(await run.Store.ClearAsync(run.Token) == 1, "ClearAsync did not end exactly the one session of its prefix.");
        foreach (var (store, session) in others)
        {
            RequireSame(
                session,
                await store.GetAsync(session.Key, run.Token),
                $"A session of another prefix, '{session.Key.Prefix}', after ClearAsync of '{p}',");
        }

        var survivor = await run.SignInAsync(run.Alice);
        Require(
            await wild.ClearAsync(run.Token) == 1, "ClearAsync of a prefix with '_' did not end exactly the one session of that prefix.");
        await run.MatchesAsync(survivor, "A session of a prefix with '-' after ClearAsync of one with '_' in its place,");
    }
}
