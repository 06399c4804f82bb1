using System.Buffers.Text;
using Microsoft.AspNetCore.Http;
using Sact.Session.Stores.Tests.Sqlite;
using Sact.Session.Tests.Fuzzing;

namespace Sact.Session.Stores.Tests.Fuzzing;

/// <summary>
/// Cursors of an administrator's search: changed, moved to another query, or forged with a right checksum. Each is refused, or it is a
/// place in the same search, from which the walk ends.
/// </summary>
[Trait("seeds", "fuzzing")]
public abstract class FuzzedCursors
{
    private const int MostPages = 500;
    private static int s_prefixes;

    private readonly List<(SessionQuery Query, string Cursor, string Page)> _known = [];
    private string _prefix = "";
    private ISessionQueryStore _store = null!;

    /// <summary>The share of inputs, because a page of a server costs a round trip.</summary>
    private protected virtual double Share => 0.02;

    /// <summary>Whether a walk may meet a session twice, as SCAN of Redis may.</summary>
    private protected virtual bool MayRepeat => false;

    private protected abstract ValueTask<StoreContractSubject> SubjectAsync();

    [Fact]
    public async Task AreRefusedOrContinueTheSameSearch()
    {
        await using var subject = await SubjectAsync();
        await BeginAsync(subject);

        await FuzzRun.RunAsync($"cursors ({GetType().Name})", OneAsync, ["continued", "refused", "forged and continued"], Share);
    }

    private async Task BeginAsync(StoreContractSubject subject)
    {
        var clock = new StoreContractClock(subject.ServerNow);
        _prefix = $"cursors-{Interlocked.Increment(ref s_prefixes)}";
        _store = (ISessionQueryStore)await subject.OpenAsync(clock, _prefix, CancellationToken.None);
        var options = new SactSessionOptions { TimeProvider = clock, StoreTimeout = TimeSpan.FromMinutes(1) };
        for (int i = 0; i < 40; i++)
        {
            var context = new DefaultHttpContext { Request = { Scheme = "https", Host = new HostString("example.test") } };
            var session = new Session<IGenericStore>(context.Request, context.Response, (IGenericStore)_store, options);
            await (i % 4 == 0 ? session.StartAsync().AsTask() : session.SetAsync(i % 4 == 1 ? "bob" : "alice").AsTask());
            clock.Advance(TimeSpan.FromMilliseconds(i % 3));
        }

        SessionQuery[] queries =
        [
            new() { PageSize = 7 },
            new() { PageSize = 3, UserId = "alice" },
            new() { PageSize = 2, State = SessionState.Anonymous },
            new() { PageSize = 5, CreatedFrom = subject.ServerNow, CreatedBefore = subject.ServerNow.AddMilliseconds(25) },
        ];
        foreach (var query in queries)
        {
            var page = await _store.QueryAsync(query);
            while (page.Next is { } next)
            {
                Assert.True(_known.Count < MostPages, "The walk does not end.");
                page = await _store.QueryAsync(query with { After = next });
                _known.Add((query, next, KeysOf(page)));
            }
        }

        Assert.True(_known.Count > 8);
    }

    private async ValueTask<string> OneAsync(SeededNumbers numbers)
    {
        var mutator = new Mutator(numbers);
        var (query, cursor, page) = numbers.Of(_known);
        var other = numbers.Of(_known);
        int kind = numbers.Below(10);
        bool isForged = kind >= 6;
        string after = kind switch
        {
            < 4 => mutator.String(cursor, other.Cursor),
            < 6 => other.Cursor,
            _ => ForgedCursor.Of(_prefix, query, mutator.Bytes(PlaceOf(cursor), PlaceOf(other.Cursor))),
        };
        SessionPage found;
        try
        {
            found = await _store.QueryAsync(query with { After = after });
        }
        catch (ArgumentException refusal)
        {
            Assert.Contains("SessionQuery.After is no cursor of this query", refusal.Message, StringComparison.Ordinal);
            Assert.True(after != cursor);
            return "refused";
        }
        catch (SessionStoreException fault) when (isForged)
        {
            Assert.Contains("The search cannot continue", fault.Message, StringComparison.Ordinal);
            return "refused";
        }

        if (isForged)
        {
            await AssertEndsAsync(query, found);
            return "forged and continued";
        }

        // White space and padding aside, only a cursor of this query has its checksum. A splice may make the other one.
        Assert.True((KeysOf(found) == page && kind < 4) || (KeysOf(found) == other.Page && other.Query == query));
        return "continued";
    }

    private async Task AssertEndsAsync(SessionQuery query, SessionPage page)
    {
        var seen = new HashSet<SessionKey>();
        for (int pages = 0; ; pages++)
        {
            Assert.True(pages < MostPages, "The walk from a forged cursor does not end.");
            Assert.InRange(page.Sessions.Count, 0, query.PageSize);
            Assert.All(page.Sessions, session => Assert.True(query.Matches(session) && session.Key.Prefix == _prefix));
            Assert.True(page.Sessions.All(session => seen.Add(session.Key)) || MayRepeat);
            if (page.Next is not { } next)
            {
                return;
            }

            page = await _store.QueryAsync(query with { After = next });
        }
    }

    /// <summary>The place in a cursor, without its checksum.</summary>
    private static byte[] PlaceOf(string cursor) => Base64Url.DecodeFromChars(cursor)[8..];

    private static string KeysOf(SessionPage page) => string.Join(' ', page.Sessions.Select(static session => session.Key.KeyPart));
}

public sealed class FuzzedCursorsOfMemory : FuzzedCursors
{
    private protected override double Share => 0.9;

    private protected override ValueTask<StoreContractSubject> SubjectAsync() => new(new MemorySubject());
}

public sealed class FuzzedCursorsOfSqlite : FuzzedCursors
{
    private protected override ValueTask<StoreContractSubject> SubjectAsync() => new(new SqliteSubject(inMemory: false));
}

public sealed class FuzzedCursorsOfPostgreSql(SharedPostgres shared) : FuzzedCursors
{
    private protected override async ValueTask<StoreContractSubject> SubjectAsync() => new PostgreSqlSubject(await shared.GetAsync());
}

public sealed class FuzzedCursorsOfRedis : FuzzedCursors, IAsyncDisposable
{
    // Other tests add keys to the shared server. SCAN then returns other pages, so this test has its own server.
    private readonly SharedRedis _own = new();

    private protected override bool MayRepeat => true;

    public ValueTask DisposeAsync() => _own.DisposeAsync();

    private protected override async ValueTask<StoreContractSubject> SubjectAsync() => new RedisSubject(await _own.ConnectionsAsync());
}

public sealed class FuzzedCursorsOfEntityFramework(EntityFramework.SqliteOfEntityFramework fixture)
    : FuzzedCursors, IClassFixture<EntityFramework.SqliteOfEntityFramework>
{
    private protected override ValueTask<StoreContractSubject> SubjectAsync() => new(new EntityFramework.EntityFrameworkSubject(fixture));
}
