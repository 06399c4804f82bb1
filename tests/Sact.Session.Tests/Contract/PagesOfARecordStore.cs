using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Tests;

/// <summary>How a search walks over the records of a store: in steps that grow, up to a limit, without a gap between pages.</summary>
public sealed class PagesOfARecordStore
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly List<int> _steps = [];
    private readonly PackedStore _store;

    public PagesOfARecordStore() => _store = new PackedStore(_clock);

    [Fact]
    public async Task LookAtMoreRecordsInEachStepAndAtFourThousandAtMost()
    {
        var page = await FindAsync(new SessionQuery { PageSize = 1 }, (_, most) => new([], [1], most));

        Assert.Equal([64, 256, .. Enumerable.Repeat(512, 8)], _steps);
        Assert.Empty(page.Sessions);
        Assert.NotNull(page.Next);
    }

    [Fact]
    public async Task BeginWithAStepOfThePageWhereItIsLarge()
    {
        await FindAsync(new SessionQuery { PageSize = 100 }, static (_, most) => new([], null, most));

        Assert.Equal([100], _steps);
    }

    [Fact]
    public async Task StopAtTheLimitItself()
    {
        await FindAsync(new SessionQuery(), static (_, _) => new([], [1], 4096));

        Assert.Equal([64], _steps);
    }

    /// <summary>Records may be large. No call may run into the time-out of the store.</summary>
    [Theory]
    [InlineData(1000, 1)]
    [InlineData(500, 2)]
    [InlineData(0, 10)]
    public async Task StopAfterASecond(int milliseconds, int steps)
    {
        await FindAsync(new SessionQuery(), (_, most) =>
        {
            _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
            return new([], [1], most);
        });

        Assert.Equal(steps, _steps.Count);
    }

    [Fact]
    public async Task EndWithTheWalkWhereTheLastRecordFillsThem()
    {
        var rows = await RowsAsync(2);

        var page = await FindAsync(new SessionQuery { PageSize = 2 }, (_, _) => new(rows, null, 2));
        var shorter = await FindAsync(new SessionQuery { PageSize = 1 }, (_, _) => new(rows, null, 2));

        Assert.Equal((2, null), (page.Sessions.Count, page.Next));
        Assert.Single(shorter.Sessions);
        Assert.Equal(rows[0].Position, QueryCursor.Read("session", new SessionQuery { After = shorter.Next }));
    }

    [Fact]
    public async Task ContinueWhereTheOneBeforeEnded()
    {
        var rows = await RowsAsync(3);
        var query = new SessionQuery { PageSize = 2 };
        var found = new List<SessionKey>();
        do
        {
            var page = await FindAsync(query, (position, _) => new(
                [.. rows.Where(row => position is null || row.Position.AsSpan().SequenceCompareTo(position) > 0)], null, 3));
            found.AddRange(page.Sessions.Select(session => session.Key));
            query = query with { After = page.Next };
        }
        while (query.After is not null);

        Assert.Equal(rows.Select(row => row.Key), found);
    }

    [Fact]
    public async Task OfAUserAreInOrderAndWithoutAGap()
    {
        var sessions = new List<SessionRecord>();
        for (int i = 0; i < 9; i++)
        {
            // Some of them begin in the same millisecond.
            _clock.Advance(TimeSpan.FromMilliseconds(i % 3 == 0 ? 1 : 0));
            sessions.Add(await _store.SignInAsync());
        }

        string[] expected =
        [
            .. sessions.OrderByDescending(session => session.CreatedAt)
                .ThenByDescending(session => session.Key.KeyPart, StringComparer.Ordinal)
                .Select(session => session.Key.KeyPart),
        ];
        foreach (int size in new[] { 1, 2, 4, 8, 9, 10 })
        {
            var found = new List<string>();
            var query = new SessionQuery { UserId = "alice", PageSize = size };
            do
            {
                var page = await FindAsync(query, static (_, _) => throw new InvalidOperationException());
                Assert.InRange(page.Sessions.Count, 1, size);
                found.AddRange(page.Sessions.Select(session => session.Key.KeyPart));
                query = query with { After = page.Next };
            }
            while (query.After is not null);

            Assert.Equal(expected, found);
        }
    }

    private ValueTask<SessionPage> FindAsync(SessionQuery query, Func<byte[]?, int, ScannedRecords> scan) =>
        new RecordQuery(_store, _clock).RunAsync(
            query,
            (_, position, most, _) =>
            {
                _steps.Add(most);
                return new(scan(position, most));
            },
            TestContext.Current.CancellationToken);

    private async Task<ScannedRecord[]> RowsAsync(int count)
    {
        var rows = new ScannedRecord[count];
        for (int i = 0; i < count; i++)
        {
            var session = await _store.SignInAsync();
            rows[i] = new ScannedRecord(session.Key, StoredRecord.Unpack(session.Key, session.Pack()), [(byte)(i + 1)]);
        }

        return rows;
    }
}
