using static Sact.Session.StoreContract.CaseRun;

namespace Sact.Session.StoreContract;

internal static class NamingCases
{
    private static readonly string[] s_badUserIds = ["", "nul\0nul", "lone\ud800", "\udc00lone", new('x', 257), new string('é', 129)];

    public static IReadOnlyList<StoreContractCase> All { get; } =
    [
        new("Naming", IdsNeverRepeat, "CreateSessionId makes 56 base64url characters that never repeat, whatever the user.", ["C1"]),
        new(
            "Naming",
            KeyIsPrefixAndKeyPart,
            "GetSessionKey answers the prefix and the first 24 characters of the id, the same on every handle."),
        new(
            "Naming",
            UsersSessionsShareARoutingTag,
            "The ids of one user share their first three characters; those of anonymous sessions do not."),
        new("Naming", ReferenceKeyNamesTheUser, "GetReferenceKey answers {prefix}:user_id:{user id}, for any user id."),
        new("Naming", MalformedIdIsRefused, "A malformed id is an ArgumentException whose message does not repeat it.", ["A2", "J4"]),
        new(
            "Naming",
            BadUserIdIsRefused,
            "A user id that is empty, over 256 bytes, not well-formed or has a NUL is an ArgumentException in every method that takes "
            + "one."),
        new("Naming", DefaultKeyIsRefused, "default(SessionKey) is an ArgumentException, never a session.", ["C11"]),
    ];

    private static Task IdsNeverRepeat(CaseRun run)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < 1000; i++)
        {
            string id = run.Store.CreateSessionId(i % 2 == 0 ? run.Alice : null);
            Require(
                id.Length == 56 && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'),
                "CreateSessionId made an id that is not 56 base64url characters.");
            Require(seen.Add(id), "CreateSessionId made the same id twice.");
        }

        return Task.CompletedTask;
    }

    private static Task KeyIsPrefixAndKeyPart(CaseRun run)
    {
        string id = run.Store.CreateSessionId(run.Alice);
        var key = run.Store.GetSessionKey(id);
        Require(
            key.ToString() == run.Prefix + ":" + id[..24],
            "GetSessionKey did not answer the prefix, a colon and the first 24 characters of the id.");
        Require(run.Other.GetSessionKey(id) == key, "Two handles with one prefix answered different keys for one id.");
        return Task.CompletedTask;
    }

    private static Task UsersSessionsShareARoutingTag(CaseRun run)
    {
        string tag = run.Store.CreateSessionId(run.Alice)[..3];
        for (int i = 0; i < 20; i++)
        {
            Require(run.Handle(i).CreateSessionId(run.Alice)[..3] == tag, "Two ids of one user have different routing tags.");
        }

        // Sixteen random tags of 18 bits are all the same once in 2^270 runs.
        Require(
            Enumerable.Range(0, 16).Select(_ => run.Store.CreateSessionId()[..3]).Distinct().Count() > 1,
            "The ids of anonymous sessions share one routing tag.");
        return Task.CompletedTask;
    }

    private static Task ReferenceKeyNamesTheUser(CaseRun run)
    {
        foreach (string user in AwkwardText.UserIds)
        {
            Require(
                run.Store.GetReferenceKey(user) == $"{run.Prefix}:user_id:{user}",
                "GetReferenceKey did not answer {prefix}:user_id:{user id}.");
        }

        return Task.CompletedTask;
    }

    private static Task MalformedIdIsRefused(CaseRun run)
    {
        string good = run.Store.CreateSessionId();
        string[] bad =
        [
            "", good[1..], good + "A", good[1..] + "=", good[1..] + "+", good[1..] + "/", " " + good[1..], good[1..] + "\n",
            good[1..] + "٣", good[..24], $"{run.Prefix}:{good[..24]}",
        ];
        foreach (string id in bad)
        {
            try
            {
                run.Store.GetSessionKey(id);
            }
            catch (ArgumentException refusal)
            {
                Require(
                    id.Length == 0 || !refusal.ToString().Contains(id, StringComparison.Ordinal),
                    "The refusal of a malformed id repeats it.");
                continue;
            }

            throw new StoreContractException($"GetSessionKey accepted a malformed id of {id.Length} characters.");
        }

        return Task.CompletedTask;
    }

    private static async Task BadUserIdIsRefused(CaseRun run)
    {
        foreach (string user in s_badUserIds)
        {
            await RequireThrowsAsync<ArgumentException>(
                () => Task.FromResult(run.Store.CreateSessionId(user)),
                "CreateSessionId accepted a user id that breaks the rules.");
            await RequireThrowsAsync<ArgumentException>(
                () => Task.FromResult(run.Store.GetReferenceKey(user)),
                "GetReferenceKey accepted a user id that breaks the rules.");
            await RequireThrowsAsync<ArgumentException>(
                () => run.ListAsync(user),
                "GetActiveSessionsAsync accepted a user id that breaks the rules.");
            await RequireThrowsAsync<ArgumentException>(
                async () => await run.Store.DeleteActiveSessionsAsync(user, null, run.Token),
                "DeleteActiveSessionsAsync accepted a user id that breaks the rules.");
        }
    }

    private static async Task DefaultKeyIsRefused(CaseRun run)
    {
        var session = await run.SignInAsync(run.Alice);
        await RequireThrowsAsync<ArgumentException>(
            async () => await run.Store.GetAsync(default, run.Token),
            "GetAsync accepted default(SessionKey).");
        await RequireThrowsAsync<ArgumentException>(
            async () => await run.Store.DeleteActiveSessionsAsync(run.Alice, default(SessionKey), run.Token),
            "DeleteActiveSessionsAsync accepted default(SessionKey) as the session to keep.");
        await run.AliveAsync(session, "A refused call ended a session.");
    }
}
