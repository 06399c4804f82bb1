using System.Collections;
using System.Reflection;
using CsCheck;

namespace Sact.Session.Tests;

/// <summary>The size that the memory store reports for its sessions, after every kind of change.</summary>
public sealed class MemoryAccounting
{
    [Fact]
    public async Task AHundredThousandSignInsAndSignOutsLeaveNothing()
    {
        var host = new SessionHost();
        for (int i = 0; i < 100_000; i++)
        {
            var (_, record) = host.Options.Services.Make(host.Memory, "alice", SessionFields.Empty);
            await host.Memory.CreateAsync(record, host.Options.Services.Settings.Cap);
            await host.Memory.DeleteAsync(record);
        }

        Assert.Equal(0, host.Memory.SizeInBytes);
        Assert.Equal((0, 0), (Entries(host.Memory, "_records"), Entries(host.Memory, "_users")));
    }

    [Fact]
    public async Task AHundredThousandSignInsUnderTheCapKeepTheIndexAtTheCap()
    {
        var host = new SessionHost(options => options.MaxSessionsPerUser = 5);
        long one = 0;
        for (int i = 0; i < 100_000; i++)
        {
            var (_, record) = host.Options.Services.Make(host.Memory, "alice", SessionFields.Empty);
            await host.Memory.CreateAsync(record, host.Options.Services.Settings.Cap);
            one = one == 0 ? host.Memory.SizeInBytes : one;
        }

        Assert.Equal(5 * one, host.Memory.SizeInBytes);
        Assert.Equal((5, 1), (Entries(host.Memory, "_records"), Entries(host.Memory, "_users")));
        Assert.Equal(5, (await ExpiredSessionsInMemory.List(host.Memory, "alice")).Count);
    }

    [Fact]
    public async Task TheEvictionQueueIsBoundedByTheLiveSessions()
    {
        var host = new SessionHost(options => options.MaxAnonymousSessionsPerMinute = null);
        var first = host.Request();
        await first.Session.StartAsync();
        for (int i = 0; i < 10_000; i++)
        {
            var exchange = host.Request();
            await exchange.Session.StartAsync();
            await host.Request(exchange.SentId).Session.DeleteAsync();
        }

        var budget = InTable(host.Memory, "_budget");
        Assert.InRange(((ICollection)Field(budget, "_anonymous")).Count, 1, 80);
        Assert.NotNull(await host.Request(first.SentId).Session.GetAnyAsync());
    }

    [Fact]
    public void TheSizeIsAlwaysTheSumOfTheRecords() => Gen.Select(Gen.Int[0, 6], Gen.Int[0, 3], Gen.Int[0, 2_000]).Array[1, 60].Sample(
        steps =>
        {
            var host = new SessionHost(options => options.FirstUseTimeout = TimeSpan.FromHours(1), store => store.MaxBytes = 64 * 1024);
            var records = new List<SessionRecord>();
            foreach (var (verb, which, size) in steps)
            {
                var record = records.Count == 0 ? null : records[which % records.Count];
                switch (verb)
                {
                    case 0 or 1:
                        var (_, made) = host.Options.Services.Make(host.Memory, verb == 0 ? "alice" : null, Sized(size));
                        Try(() => host.Memory.CreateAsync(made, new SessionCap(3)).AsTask());
                        records.Add(made);
                        break;
                    case 2 or 3 when record is not null:
                        Try(() => host.Memory.UpdateAsync(record, new SessionChange { Set = Sized(size) }).AsTask());
                        break;
                    case 4 when record is not null:
                        Try(() => host.Memory.DeleteAsync(record).AsTask());
                        break;
                    case 5:
                        host.Clock.Advance(TimeSpan.FromMinutes(size % 50));
                        Try(() => host.Memory.DeleteExpiredAsync(2).AsTask());
                        break;
                    case 6:
                        Try(() => host.Memory.DeleteActiveSessionsAsync("alice", record?.Key).AsTask());
                        break;
                }

                var kept = (IEnumerable<KeyValuePair<SessionKeyPart, SessionRecord>>)InTable(host.Memory, "_records");
                Assert.Equal(kept.Sum(entry => MemoryBudget.SizeOf(entry.Value)), host.Memory.SizeInBytes);
                Assert.InRange(host.Memory.SizeInBytes, 0, 64 * 1024);
            }

            Try(() => host.Memory.ClearAsync().AsTask());
            Assert.Equal((0, 0, 0), (host.Memory.SizeInBytes, Entries(host.Memory, "_records"), Entries(host.Memory, "_users")));
        },
        iter: 1_000);

    [Fact]
    public async Task ParallelChangesLeaveNothingBehindAfterAClear()
    {
        var host = new SessionHost(store => store.MaxSessionsPerUser = 3, store => store.MaxBytes = 64 * 1024);
        var shared = new SessionRecord?[8];
        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            for (int i = 0; i < 3_000; i++)
            {
                int at = random.Next(shared.Length);
                try
                {
                    switch (random.Next(4))
                    {
                        case 0:
                            var (_, record) = host.Options.Services.Make(host.Memory, at < 4 ? "alice" : null, Sized(random.Next(1_000)));
                            await host.Memory.CreateAsync(record, host.Options.Services.Settings.Cap);
                            shared[at] = record;
                            break;
                        case 1 or 2 when shared[at] is { } changed:
                            await host.Memory.UpdateAsync(changed, new SessionChange { Set = Sized(random.Next(1_000)) });
                            break;
                        case 3 when shared[at] is { } ended:
                            await host.Memory.DeleteAsync(ended);
                            break;
                    }
                }
                catch (SessionStoreException)
                {
                    // A full store is expected here.
                }
            }
        })));

        Assert.InRange((await ExpiredSessionsInMemory.List(host.Memory, "alice")).Count, 0, 3);
        await host.Memory.ClearAsync();
        Assert.Equal((0, 0, 0), (host.Memory.SizeInBytes, Entries(host.Memory, "_records"), Entries(host.Memory, "_users")));
        Assert.Equal(0L, Field(InTable(host.Memory, "_budget"), "_anonymousBytes"));
        Assert.Equal(0L, Field(InTable(host.Memory, "_budget"), "_anonymousCount"));
    }

    [Fact]
    public void ATooSmallBudgetIsRefusedAndTheMessageNamesTheOption() =>
        Assert.Contains(
            "MemoryStoreOptions.MaxBytes",
            Assert.Throws<ArgumentException>("options", () => new MemoryStore(new() { MaxBytes = (64 * 1024) - 1 })).Message,
            StringComparison.Ordinal);

    private static SessionFields Sized(int bytes) =>
        SessionFields.Create([new("a", System.Text.Encoding.UTF8.GetBytes($"\"{new string('x', bytes)}\""))]);

    // The reported size may be right although the store keeps too much, so the tests check both.
    internal static int Entries(MemoryStore store, string field) => ((ICollection)InTable(store, field)).Count;

    private static object InTable(MemoryStore store, string field) => Field(Field(store, "_table"), field);

    private static object Field(object of, string name) =>
        of.GetType().GetField(name, BindingFlags.Instance | BindingFlags.NonPublic)?.GetValue(of)
        ?? throw new InvalidOperationException($"{of.GetType().Name} has no field {name}. Update this test.");

    private static void Try(Func<Task> verb)
    {
        try
        {
            verb().GetAwaiter().GetResult();
        }
        catch (SessionStoreException)
        {
            // A full store is expected here. The refused record must leave nothing behind.
        }
    }
}
