using static Sact.Session.StoreContract.CaseRun;

namespace Sact.Session.StoreContract;

/// <summary>What an administrator needs: to find sessions by more than their user, page by page, and to count them by state.</summary>
internal static class QueryCases
{
    private const string Firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    private const string Phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1";

    public static IReadOnlyList<StoreContractCase> All { get; } =
    [
        new("Query", EachConditionSelects, "QueryAsync finds by user, state, address, user agent, creation and last seen, and by several."),
        new("Query", OnlyLiveSessionsAreFound, "QueryAsync finds no ended session, no expired one, no note and none of another prefix."),
        new("Query", PagesMissNothing, "Pages together have every session that lives throughout, while others begin and end."),
        new("Query", AChangedPageSizeMissesNothing, "A page of another size continues without a gap, while sessions end."),
        new("Query", PagesOfAUserAreInOrder, "The sessions of a user come the newest first, each once, in pages of any size."),
        new("Query", AForeignCursorIsRefused, "A cursor that was changed, or that is of another query or prefix, is refused."),
        new("Query", AnInvalidQueryIsRefused, "A query that breaks a rule is refused, and the message repeats no value."),
        new("Query", CountsAreByState, "CountByStateAsync counts live sessions by state, and no notes."),
        new(
            "Query",
            AnUnreadableRecordIsCountedAndHidesNothing,
            "A record that cannot be read hides no other from a query, and is counted in Skipped.",
            ["H2", "H5"]),
    ];

    private static ISessionQueryStore Queries(IGenericStore store) => store as ISessionQueryStore
        ?? throw new StoreContractNotApplicableException("The store is no ISessionQueryStore: administrators find sessions by their user.");

    private static async Task EachConditionSelects(CaseRun run)
    {
        var store = Queries(run.Store);
        var began = run.Now;
        var old = await run.CreateAsync(run.Record(run.Alice) with { SignInClient = new(Firefox, "203.0.113.7") });
        run.Clock.Advance(TimeSpan.FromMinutes(10));
        var pending = await run.CreateAsync(
            run.Record(run.Bob, SessionState.Pending) with { SignInClient = new(Phone, "2001:db8::7") });
        var visitor = await run.SignInAsync(null);
        run.Clock.Advance(TimeSpan.FromMinutes(10));
        var seen = await run.AppliedAsync(old, new SessionChange
        {
            Touch = new SessionTouch(run.Now, new SessionClient(Phone, "198.51.100.9")),
        });

        await FindsAsync(new(), "no condition", old, pending, visitor);
        await FindsAsync(new() { UserId = run.Alice }, "the user", old);
        await FindsAsync(new() { UserId = "nobody" }, "an unknown user");
        await FindsAsync(new() { State = SessionState.Pending }, "the state", pending);
        await FindsAsync(new() { State = SessionState.Anonymous }, "the anonymous state", visitor);
        await FindsAsync(new() { Address = "203.0.113.7" }, "the address at the sign-in", old);
        await FindsAsync(new() { Address = "198.51.100.9" }, "the address last seen", old);
        await FindsAsync(new() { Address = "2001:DB8:0::7" }, "an address in another spelling", pending);
        await FindsAsync(new() { Address = "::ffff:203.0.113.7" }, "an IPv4 address inside of IPv6", old);
        await FindsAsync(new() { Address = "203.0.113" }, "a part of an address");
        await FindsAsync(new() { UserAgent = "iphone" }, "a part of the user agent", old, pending);
        await FindsAsync(new() { UserAgent = "Firefox", Address = "198.51.100.9" }, "the browser of one device and the address of another");
        await FindsAsync(new() { CreatedFrom = began + TimeSpan.FromMinutes(10) }, "created from", pending, visitor);
        await FindsAsync(new() { CreatedFrom = began + TimeSpan.FromMinutes(10) + TimeSpan.FromTicks(1) }, "created a tick later");
        await FindsAsync(new() { CreatedBefore = began + TimeSpan.FromMinutes(10) }, "created before", old);
        await FindsAsync(
            new() { CreatedBefore = began + TimeSpan.FromTicks(1) }, "created before a time between two milliseconds", old);
        await FindsAsync(new() { LastSeenFrom = seen.LastSeenAt }, "last seen from", old);
        await FindsAsync(new() { LastSeenBefore = seen.LastSeenAt }, "last seen before", pending, visitor);
        await FindsAsync(new() { UserId = run.Bob, State = SessionState.SignedIn }, "the user and another state");
        await FindsAsync(
            new() { State = SessionState.SignedIn, CreatedBefore = run.Now, UserAgent = "rv:140" }, "several conditions at once", old);

        async Task FindsAsync(SessionQuery query, string what, params SessionRecord[] expected)
        {
            var found = await PagesAsync(run, store, query);
            Require(
                found.Keys.ToHashSet().SetEquals(expected.Select(static session => session.Key)),
                $"A query for {what} found {found.Count} sessions, and not the {expected.Length} that match.");
        }
    }

    private static async Task OnlyLiveSessionsAreFound(CaseRun run)
    {
        var store = Queries(run.Store);
        var live = await run.SignInAsync(run.Alice);
        var ended = await run.SignInAsync(run.Alice);
        var brief = await run.CreateAsync(run.Record(run.Alice, lifetimes: new(
            TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(5))));
        var note = await run.CreateAsync(run.Record("$alias:contract", SessionState.Note));
        await run.Store.DeleteAsync(ended, run.Token);
        run.Clock.Advance(TimeSpan.FromMinutes(5));

        foreach (var query in (SessionQuery[])[new(), new() { UserId = run.Alice }, new() { UserId = note.UserId }])
        {
            var found = await PagesAsync(run, store, query);
            Require(!found.ContainsKey(ended.Key), "QueryAsync finds an ended session.");
            Require(!found.ContainsKey(brief.Key), "QueryAsync finds an expired session.");
            Require(!found.ContainsKey(note.Key), "QueryAsync finds a note of the library.");
            if (query.UserId != note.UserId)
            {
                Require(found.Count == 1, $"QueryAsync found {found.Count} sessions in place of the live one.");
                RequireSame(live, found[live.Key], "The session that QueryAsync found");
            }
        }

        if (run.Subject.SharesData
            && await run.Subject.OpenAsync(run.Clock, run.Prefix + "-2", run.Token) is ISessionQueryStore neighbour)
        {
            Require((await PagesAsync(run, neighbour, new())).Count == 0, "QueryAsync finds a session of another prefix.");
        }
    }

    private static async Task PagesMissNothing(CaseRun run)
    {
        const int Sessions = 40;
        var store = Queries(run.Store);
        var stay = new List<SessionRecord>();
        var leave = new List<SessionRecord>();
        for (int i = 0; i < Sessions; i++)
        {
            (i % 4 == 0 ? leave : stay).Add(await run.SignInAsync(i % 3 == 0 ? null : $"{run.Alice}-{i}"));

            // Several begin in each millisecond.
            run.Clock.Advance(TimeSpan.FromMilliseconds(i % 5 == 0 ? 1 : 0));
        }

        foreach (int size in (int[])[1, 3, Sessions, SessionQuery.MaxPageSize])
        {
            var query = new SessionQuery { PageSize = size };
            var found = new HashSet<SessionKey>();
            int pages = 0;
            do
            {
                var page = await store.QueryAsync(query, run.Token);
                Require(page.Sessions.Count <= size, $"A page of at most {size} sessions has {page.Sessions.Count}.");
                Require(++pages < 1000, "The pages do not end.");
                found.UnionWith(page.Sessions.Select(static session => session.Key));
                query = query with { After = page.Next };
                if (leave.Count > 0 && pages % 3 == 0)
                {
                    await run.Other.DeleteAsync(leave[^1], run.Token);
                    leave.RemoveAt(leave.Count - 1);
                    await run.Other.CreateAsync(run.Record(run.Bob), null, run.Token);
                }
            }
            while (query.After is not null);

            Require(
                stay.TrueForAll(session => found.Contains(session.Key)),
                $"Pages of {size} sessions miss one that was live throughout.");
        }
    }

    private static async Task AChangedPageSizeMissesNothing(CaseRun run)
    {
        const int Sessions = 200;
        var store = Queries(run.Store);
        var all = await Task.WhenAll(Enumerable.Range(0, Sessions).Select(i => run.SignInAsync($"{run.Alice}-{i}")));
        var found = new HashSet<SessionKey>();
        var query = new SessionQuery();
        for (int page = 0; page == 0 || query.After is not null; page++)
        {
            Require(page < 1000, "The pages do not end.");
            var answer = await store.QueryAsync(query with { PageSize = page % 3 == 0 ? 7 : 60 }, run.Token);
            found.UnionWith(answer.Sessions.Select(static session => session.Key));
            query = query with { After = answer.Next };

            // What was found ends, so that the store has fewer records at the next page.
            foreach (var session in answer.Sessions.Take(5))
            {
                await run.Other.DeleteAsync(session, run.Token);
            }
        }

        Require(
            Array.TrueForAll(all, session => found.Contains(session.Key)), "Pages of changing sizes miss a session that lived throughout.");
    }

    private static async Task PagesOfAUserAreInOrder(CaseRun run)
    {
        var store = Queries(run.Store);
        for (int i = 0; i < 7; i++)
        {
            await run.SignInAsync(run.Alice);
            run.Clock.Advance(TimeSpan.FromMilliseconds(i % 2));
        }

        var whole = await store.QueryAsync(new SessionQuery { UserId = run.Alice }, run.Token);
        Require(whole is { Sessions.Count: 7, Next: null }, "One page that has room for all sessions of a user does not have them.");
        Require(
            whole.Sessions.Zip(whole.Sessions.Skip(1), static (one, next) => one.CreatedAt >= next.CreatedAt).All(static holds => holds),
            "The sessions of a user are not sorted, the newest first.");
        var parts = new List<SessionKey>();
        var query = new SessionQuery { UserId = run.Alice, PageSize = 2 };
        do
        {
            var page = await store.QueryAsync(query, run.Token);
            parts.AddRange(page.Sessions.Select(static session => session.Key));
            query = query with { After = page.Next };
        }
        while (query.After is not null && parts.Count < 100);

        Require(
            parts.SequenceEqual(whole.Sessions.Select(static session => session.Key)),
            "Small pages of a user's sessions differ from one large page.");
    }

    private static async Task AForeignCursorIsRefused(CaseRun run)
    {
        var store = Queries(run.Store);
        for (int i = 0; i < 3; i++)
        {
            await run.SignInAsync(run.Alice);
        }

        var query = new SessionQuery { UserId = run.Alice, PageSize = 1 };
        string next = (await store.QueryAsync(query, run.Token)).Next
            ?? throw new StoreContractException("The first of three pages has no cursor.");
        char other = next[^2] == 'A' ? 'B' : 'A';
        await RefusesAsync(query with { After = next[..^2] + other + next[^1] }, "that was changed");
        await RefusesAsync(query with { After = next[..^4] }, "that was cut");
        await RefusesAsync(query with { After = next, UserId = run.Bob }, "of a query for another user");
        await RefusesAsync(query with { After = next, State = SessionState.SignedIn }, "of a query with fewer conditions");
        await RefusesAsync(new SessionQuery { After = next }, "of a query with more conditions");
        await RefusesAsync(query with { After = "" }, "that is empty");
        await RefusesAsync(query with { After = "<script>" }, "that is no cursor");
        await RefusesAsync(query with { After = new string('A', 100_000) }, "of 100,000 characters");
        if (await run.Subject.OpenAsync(run.Clock, run.Prefix + "-2", run.Token) is ISessionQueryStore neighbour)
        {
            await RequireThrowsAsync<ArgumentException>(
                async () => await neighbour.QueryAsync(query with { After = next }, run.Token),
                "QueryAsync takes a cursor of another prefix.");
        }

        Require(
            (await store.QueryAsync(query with { After = next, PageSize = 5 }, run.Token)).Sessions.Count == 2,
            "A cursor does not continue with another page size.");

        async Task RefusesAsync(SessionQuery changed, string what) => await RequireThrowsAsync<ArgumentException>(
            async () => await store.QueryAsync(changed, run.Token), $"QueryAsync takes a cursor {what}.");
    }

    private static async Task AnInvalidQueryIsRefused(CaseRun run)
    {
        var store = Queries(run.Store);
        SessionQuery[] invalid =
        [
            new() { UserId = "" },
            new() { UserId = "\ud800secret" },
            new() { State = SessionState.Note },
            new() { State = (SessionState)77 },
            new() { Address = "" },
            new() { Address = new string('1', SessionQuery.MaxLength + 1) },
            new() { UserAgent = "\udc00secret" },
            new() { PageSize = 0 },
            new() { PageSize = SessionQuery.MaxPageSize + 1 },
            new() { CreatedFrom = run.Now, CreatedBefore = run.Now },
            new() { LastSeenFrom = run.Now, LastSeenBefore = run.Now - TimeSpan.FromDays(1) },
        ];
        foreach (var query in invalid)
        {
            try
            {
                await store.QueryAsync(query, run.Token);
            }
            catch (ArgumentException refusal)
            {
                Require(!refusal.Message.Contains("secret", StringComparison.Ordinal), "The refusal of a query repeats its value.");
                continue;
            }

            throw new StoreContractException("QueryAsync takes a query that breaks a rule.");
        }

        var extreme = new SessionQuery { CreatedFrom = DateTimeOffset.MinValue, LastSeenBefore = DateTimeOffset.MaxValue };
        Require((await store.QueryAsync(extreme, run.Token)).Sessions.Count == 0, "QueryAsync found a session where there is none.");
    }

    private static async Task CountsAreByState(CaseRun run)
    {
        var store = Queries(run.Store);
        await run.SignInAsync(run.Alice);
        await run.SignInAsync(run.Alice);
        var ended = await run.SignInAsync(run.Alice);
        await run.SignInAsync(run.Bob, state: SessionState.Pending);
        await run.SignInAsync(null);
        await run.SignInAsync(null);
        await run.SignInAsync(null);
        await run.CreateAsync(run.Record("$alias:contract", SessionState.Note));
        await run.Store.DeleteAsync(ended, run.Token);

        await CountsAsync(new(SignedIn: 2, Pending: 1, Anonymous: 3));
        run.Clock.Advance(Lifetimes.AbsoluteTimeout);
        await CountsAsync(default);

        async Task CountsAsync(SessionCounts expected)
        {
            var counts = await store.CountByStateAsync(run.Token);
            Require(
                counts == expected || !run.Subject.CountsExactly,
                $"CountByStateAsync gave {counts}, {expected} expected.");
        }
    }

    private static async Task AnUnreadableRecordIsCountedAndHidesNothing(CaseRun run)
    {
        const string NewerFormat = "a record of a newer format", Garbage = "bytes that are no record";
        var store = Queries(run.Store);
        var live = await run.SignInAsync(run.Alice);
        var newer = await run.SignInAsync(run.Alice);
        var garbage = await run.SignInAsync(run.Alice);
        int planted = 0;
        if (await run.Subject.PlantNewerFormatAsync(newer, run.Token))
        {
            planted++;
            await CountsAsync(new(), "without conditions", NewerFormat, planted);
            await CountsAsync(new() { UserId = run.Alice }, "by user", NewerFormat, planted);
        }

        int readable = planted;
        if (await run.Subject.PlantGarbageAsync(garbage, run.Token))
        {
            planted++;
            await CountsAsync(new(), "without conditions", Garbage, planted);

            // Bytes without a header belong to a user only by an index.
            bool hasIndex = run.Subject.HasUserIndex;
            await CountsAsync(
                new() { UserId = run.Alice },
                "by user",
                hasIndex ? Garbage + ", which the index of users names (HasUserIndex)" : Garbage,
                hasIndex ? planted : readable);
        }

        if (planted == 0)
        {
            throw new StoreContractNotApplicableException("The subject cannot plant a record that is unreadable.");
        }

        async Task CountsAsync(SessionQuery query, string conditions, string kind, int expected)
        {
            var next = query;
            int skipped = 0;
            var found = new HashSet<SessionKey>();
            do
            {
                var page = await store.QueryAsync(next, run.Token);
                skipped += page.Skipped;
                found.UnionWith(page.Sessions.Select(static session => session.Key));
                next = query with { After = page.Next };
            }
            while (next.After is not null);

            Require(found.Contains(live.Key), $"In a query {conditions}, {kind} hides a live session.");
            Require(
                skipped >= expected,
                $"A query {conditions} left out {kind}: its pages counted {skipped} in Skipped, {expected} expected.");
        }
    }

    /// <summary>All sessions of a query. Where a store has no order it may find one twice.</summary>
    private static async Task<Dictionary<SessionKey, SessionRecord>> PagesAsync(CaseRun run, ISessionQueryStore store, SessionQuery query)
    {
        var found = new Dictionary<SessionKey, SessionRecord>();
        int pages = 0;
        do
        {
            var page = await store.QueryAsync(query, run.Token);
            foreach (var session in page.Sessions)
            {
                found[session.Key] = session;
            }

            query = query with { After = page.Next };
            Require(++pages < 1000, "The pages do not end.");
        }
        while (query.After is not null);

        return found;
    }
}
