using static Sact.Session.StoreContract.CaseRun;

namespace Sact.Session.StoreContract;

internal static class RoundTripCases
{
    public static IReadOnlyList<StoreContractCase> All { get; } =
    [
        new("RoundTrip", EveryPropertyComesBack, "Every property of a record is read as it was written, set or not, in all three states."),
        new("RoundTrip", ExtremeLimitsComeBack, "Lifetimes are read to the millisecond, from the shortest to the longest."),
        new("RoundTrip", AwkwardValuesComeBack, "Values are read byte for byte, whether created or set.", ["H4", "H7"]),
        new("RoundTrip", AwkwardNamesComeBack, "Field names are read byte for byte, and no two are confused.", ["H6"]),
        new(
            "RoundTrip",
            PackedBytesComeBack,
            "A record with every awkward name and value packs to the same bytes after it was stored, and after a change elsewhere in it.",
            ["H6", "H7"]),
        new("RoundTrip", LargeValuesComeBack, "A value of 64 KiB is read as it was written, and so are a thousand fields."),
        new("RoundTrip", AwkwardUsersStayApart, "Any valid user id works, and no two are confused.", ["C15"]),
    ];

    private static async Task EveryPropertyComesBack(CaseRun run)
    {
        foreach (var state in Enum.GetValues<SessionState>())
        {
            string? user = state == SessionState.Anonymous ? null : run.Alice;
            var bare = await run.SignInAsync(user, state: state);
            var full = await run.CreateAsync(new SessionRecord
            {
                Key = run.NewKey(user),
                UserId = user,
                State = state,
                AssuranceLevel = 255,
                LineageHash = NewHash(),
                CurrentHash = NewHash(),
                PendingHash = NewHash(),
                PendingSince = run.Now.AddMilliseconds(-1),
                PreviousHash = NewHash(),
                LastPromotedAt = run.Now.AddMilliseconds(-2),
                Generation = int.MaxValue,
                Presented = true,
                IsPersistent = true,
                Fields = Fields(("a", "1"), ("$claims", "{}")),
                SignInClient = new SessionClient("Agent/1.0 \"quoted\" é 👍 " + new string('u', 480), "2001:db8::1%eth0"),
                LastSeenClient = new SessionClient(null, "192.0.2.1"),
                CreatedAt = run.Now.AddMilliseconds(-7),
                LastSeenAt = run.Now.AddMilliseconds(-5),
                AuthenticatedAt = run.Now.AddMilliseconds(-6),
                Lifetimes = new SessionLifetimes(
                    TimeSpan.FromMilliseconds(7_200_001), TimeSpan.FromMilliseconds(3_600_007), TimeSpan.FromMilliseconds(86_400_013)),
            });
            var promoted = await run.CreateAsync(new SessionRecord
            {
                Key = run.NewKey(user),
                UserId = user,
                State = state,
                LineageHash = NewHash(),
                CurrentHash = NewHash(),
                LastPromotedAt = run.Now,
                Generation = 1,
                Fields = Fields(("a", "null")),
                SignInClient = new SessionClient("Agent", null),
                CreatedAt = run.Now,
                LastSeenAt = run.Now,
                Lifetimes = Lifetimes,
            });
            foreach (var session in new[] { bare, full, promoted })
            {
                await run.MatchesAsync(session, $"A record read back ({state})");
                if (user is not null)
                {
                    RequireSame(
                        session,
                        (await run.ListAsync(user)).FirstOrDefault(listed => listed.Key == session.Key),
                        $"A record in its user's list ({state})");
                }

                var unchanged = await run.AppliedAsync(session, new SessionChange(), "A change that sets nothing");
                RequireSame(session, unchanged, $"The record after a change that sets nothing ({state})");
            }
        }
    }

    private static async Task ExtremeLimitsComeBack(CaseRun run)
    {
        TimeSpan shortest = TimeSpan.FromMilliseconds(1), longest = SessionLifetimes.Maximum;
        foreach (
            var lifetimes in new SessionLifetimes[]
            {
                new(shortest, shortest, shortest), new(longest, longest, longest), new(shortest, longest, longest),
                new(longest, shortest, longest), new(longest, longest, shortest),
            })
        {
            var session = await run.SignInAsync(run.Alice, lifetimes: lifetimes, presented: true);
            await run.MatchesAsync(session, "A session with extreme lifetimes");
        }
    }

    private static async Task AwkwardValuesComeBack(CaseRun run)
    {
        var fields = Fields([.. AwkwardText.Values.Select((json, i) => ($"f{i}", json))]);
        var created = await run.SignInAsync(run.Alice, fields);
        var changed = await run.SignInAsync(run.Alice);
        RequireSameFields(fields, await run.Store.GetAsync(created.Key, run.Token), "Created fields");
        RequireSameFields(fields, await run.AppliedAsync(changed, new SessionChange { Set = fields }), "The answer to a change");
        RequireSameFields(fields, await run.Store.GetAsync(changed.Key, run.Token), "Fields that a change set");

        // The second change reveals a store that rewrites the other fields while it changes one.
        await run.AppliedAsync(created, new SessionChange { Set = Fields(("one", "1.0")) });
        await run.AppliedAsync(created, new SessionChange { Remove = ["one"] });
        RequireSameFields(fields, await run.Store.GetAsync(created.Key, run.Token), "Fields next to one that was set and removed");
    }

    private static async Task AwkwardNamesComeBack(CaseRun run)
    {
        var fields = Fields([.. AwkwardText.Names.Select((name, i) => (name, $"{i}"))]);
        var created = await run.SignInAsync(run.Alice, fields);
        RequireSameFields(fields, await run.Store.GetAsync(created.Key, run.Token), "Created fields");
        var changed = await run.SignInAsync(run.Alice);
        foreach (var (name, value) in fields)
        {
            await run.AppliedAsync(changed, new SessionChange { Set = SessionFields.Create([new(name, value)]) });
        }

        RequireSameFields(fields, await run.Store.GetAsync(changed.Key, run.Token), "Fields set one by one");
        foreach (var (name, value) in fields)
        {
            var left = await run.AppliedAsync(
                changed, new SessionChange { Remove = [name], Condition = new SessionFieldCondition(name, value) });
            Require(!left.Fields.Contains(name), "A field that was removed is still there.");
        }

        Require(
            (await run.Store.GetAsync(changed.Key, run.Token))?.Fields.Count == 0,
            "After every field was removed by its name, some are still there.");
    }

    private static async Task PackedBytesComeBack(CaseRun run)
    {
        var fields = Fields(
        [
            .. AwkwardText.Names.Select((name, i) => (name, AwkwardText.Values[i % AwkwardText.Values.Count])),
            .. AwkwardText.Values.Select((json, i) => ($"f{i}", json)),
        ]);
        var session = await run.CreateAsync(run.Record(run.Alice, SessionState.Pending, fields, level: 7, pending: NewHash()) with
        {
            Version = 123_456_789_012,
            PreviousHash = NewHash(),
            LastPromotedAt = run.Now,
            Generation = 3,
            SignInClient = new SessionClient("Agent/1.0 \"quoted\" é 👍", "2001:db8::1%eth0"),
            LastSeenClient = new SessionClient("", null),
        });
        RequireSameBytes(session, await run.Store.GetAsync(session.Key, run.Token), "A record read back");
        RequireSameBytes(session, (await run.ListAsync(run.Alice)).SingleOrDefault(), "A record in its user's list");
        var changed = await run.AppliedAsync(session, new SessionChange { Set = Fields(("one more", "1.0")) });
        var expected = session with
        {
            Version = changed.Version,
            Fields = SessionFields.Create([.. fields, new("one more", Json("1.0"))]),
        };
        RequireSameBytes(expected, changed, "The answer to a change");
        RequireSameBytes(expected, await run.Store.GetAsync(session.Key, run.Token), "A changed record read back");
    }

    // A store may keep the fields in another order.
    private static void RequireSameBytes(SessionRecord expected, SessionRecord? actual, string what)
    {
        RequireSame(expected, actual, what);
        Require(Sorted(expected).AsSpan().SequenceEqual(Sorted(actual!)), $"{what} packs to other bytes than were written.");

        static byte[] Sorted(SessionRecord record) => (record with
        {
            Fields = SessionFields.Create(record.Fields.OrderBy(static field => field.Key, StringComparer.Ordinal)),
        }).Pack();
    }

    private static async Task LargeValuesComeBack(CaseRun run)
    {
        var large = Fields(("large", AwkwardText.Large));
        var many = Fields([.. Enumerable.Range(0, 1000).Select(i => ($"field {i}", $"\"{i}\""))]);
        foreach (var fields in new[] { large, many })
        {
            var created = await run.SignInAsync(run.Alice, fields);
            RequireSameFields(fields, await run.Store.GetAsync(created.Key, run.Token), "Large fields");
            var changed = await run.SignInAsync(run.Alice);
            await run.AppliedAsync(changed, new SessionChange { Set = fields });
            RequireSameFields(fields, await run.Store.GetAsync(changed.Key, run.Token), "Large fields that a change set");
        }
    }

    private static async Task AwkwardUsersStayApart(CaseRun run)
    {
        var sessions = new Dictionary<string, SessionRecord>(StringComparer.Ordinal);
        foreach (string user in AwkwardText.UserIds)
        {
            sessions.Add(user, await run.CreateAsync(run.Record(user), new SessionCap(1)));
        }

        foreach (var (user, session) in sessions)
        {
            await run.MatchesAsync(session, "The session of an unusual user id");
            await run.ListedAsync(user, "An unusual user id is not listed with its one session.", session);
        }

        foreach (var (user, session) in sessions)
        {
            Require(
                await run.Store.DeleteActiveSessionsAsync(user, null, run.Token) == 1,
                "Ending the sessions of an unusual user id did not end the one it has.");
            await run.AbsentAsync(session, "The session of an unusual user id is still read after its end.");
        }
    }

    private static void RequireSameFields(SessionFields expected, SessionRecord? actual, string what)
    {
        Require(actual is not null, $"{what}: the session is missing.");
        foreach (var (name, value) in expected)
        {
            Require(actual!.Fields.TryGetValue(name, out var found), $"{what} lack the field {Shown(name)}.");
            string written = value.Length < 100 ? System.Text.Encoding.UTF8.GetString(value.Span) : $"{value.Length} bytes";
            Require(found.Span.SequenceEqual(value.Span), $"{what} have another value in {Shown(name)} than {written}.");
        }

        Require(actual!.Fields.Count == expected.Count, $"{what} are more than were written.");
    }

    private static string Shown(string name) => name.Length > 20 ? $"of {name.Length} characters" : $"'{name}'";
}
