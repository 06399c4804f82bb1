namespace Sact.Session.Faults;

/// <summary>What a client does next. It follows from the seed alone, not from what happened before.</summary>
internal sealed record PlannedOperation(Verb Verb, int Browser, int Process, bool ReadsFirst, bool Immediately, TimeSpan Pause)
{
    // Of a hundred operations. A sign-out is as frequent as a sign-in, so that sessions live for about twenty operations.
    private static readonly (Verb Verb, int Share)[] s_shares =
    [
        (Verb.Read, 44), (Verb.Update, 17), (Verb.Increment, 12), (Verb.Renew, 6), (Verb.List, 7), (Verb.SignIn, 5), (Verb.SignOut, 5),
        (Verb.EndOthers, 2), (Verb.EndAll, 2),
    ];

    /// <summary>The operations of one client, without an end.</summary>
    public static IEnumerable<PlannedOperation> Sequence(int seed, int client, int browsers)
    {
        var random = new Random(HashOf(seed, client));
        while (true)
        {
            yield return new PlannedOperation(
                VerbAt(random.Next(100)),
                random.Next(browsers),
                random.Next(Applications.Count),
                random.Next(2) == 0,
                random.Next(4) == 0,
                TimeSpan.FromMilliseconds(random.Next(80)));
        }
    }

    private static Verb VerbAt(int place)
    {
        foreach (var (verb, share) in s_shares)
        {
            if ((place -= share) < 0)
            {
                return verb;
            }
        }

        throw new InvalidOperationException("The shares of the verbs must add up to a hundred.");
    }

    // HashCode.Combine differs from process to process.
    private static int HashOf(int seed, int client) => unchecked((seed * 7919) + (client * 104_729));
}
