using System.Collections;
using System.Reflection;
using CsCheck;

namespace Sact.Session.Tests;

/// <summary>What the memory store reckons its sessions to take, after everything that can happen to them.</summary>
public sealed class ReckoningInMemory
{
    [Fact]
    public async Task AHundredThousandSignInsAndSignOutsLeaveNothing()
    {
        var bed = new Bed();
        for (int i = 0; i < 100_000; i++)
        {
            var (_, record) = bed.Options.Services.Make(bed.Memory, "alice", SessionFields.Empty);
            await bed.Memory.CreateAsync(record, bed.Options.Services.Settings.Cap);
            await bed.Memory.DeleteAsync(record);
        }

        Assert.Equal(0, bed.Memory.SizeInBytes);
        Assert.Equal((0, 0), (Entries(bed.Memory, "_records"), Entries(bed.Memory, "_users")));
    }

    [Fact]
    public async Task AHundredThousandSignInsUnderTheCapKeepTheIndexAtTheCap()
    {
        var bed = new Bed(options => options.MaxSessionsPerUser = 5);
        long one = 0;
        for (int i = 0; i < 100_000; i++)
        {
            var (_, record) = bed.Options.Services.Make(bed.Memory, "alice", SessionFields.Empty);
            await bed.Memory.CreateAsync(record, bed.Options.Services.Settings.Cap);
            one = one == 0 ? bed.Memory.SizeInBytes : one;
        }

        Assert.Equal(5 * one, bed.Memory.SizeInBytes);
        Assert.Equal((5, 1), (Entries(bed.Memory, "_records"), Entries(bed.Memory, "_users")));
        Assert.Equal(5, (await ExpiryInMemory.List(bed.Memory, "alice")).Count);
    }

    [Fact]
    public async Task TheOrderOfEvictionIsBoundedByTheLiving()
    {
        var bed = new Bed();
        var first = bed.Request();
        await first.Session.StartAsync();
        for (int i = 0; i < 10_000; i++)
        {
            var exchange = bed.Request();
            await exchange.Session.StartAsync();
            await bed.Request(exchange.SentId).Session.DeleteAsync();
        }

        var budget = Field(bed.Memory, "_budget");
        Assert.InRange(((ICollection)Field(budget, "_anonymous")).Count, 1, 80);
        Assert.NotNull(await bed.Request(first.SentId).Session.GetAnyAsync());
    }

    [Fact]
    public void IsTheSumOfWhatIsThereWhateverHappened() => Gen.Select(Gen.Int[0, 6], Gen.Int[0, 3], Gen.Int[0, 2_000]).Array[1, 60].Sample(
        steps =>
        {
            var bed = new Bed(options => options.FirstUseTimeout = TimeSpan.FromHours(1), store => store.MaxBytes = 64 * 1024);
            var records = new List<SessionRecord>();
            foreach (var (verb, which, size) in steps)
            {
                var record = records.Count == 0 ? null : records[which % records.Count];
                switch (verb)
                {
                    case 0 or 1:
                        var (_, made) = bed.Options.Services.Make(bed.Memory, verb == 0 ? "alice" : null, Sized(size));
                        Try(() => bed.Memory.CreateAsync(made, new SessionCap(3)).AsTask());
                        records.Add(made);
                        break;
                    case 2 or 3 when record is not null:
                        Try(() => bed.Memory.UpdateAsync(record, new SessionChange { Set = Sized(size) }).AsTask());
                        break;
                    case 4 when record is not null:
                        Try(() => bed.Memory.DeleteAsync(record).AsTask());
                        break;
                    case 5:
                        bed.Clock.Advance(TimeSpan.FromMinutes(size % 50));
                        Try(() => bed.Memory.DeleteExpiredAsync(2).AsTask());
                        break;
                    case 6:
                        Try(() => bed.Memory.DeleteActiveSessionsAsync("alice", record?.Key).AsTask());
                        break;
                }

                var kept = (IEnumerable<KeyValuePair<SessionKeyPart, SessionRecord>>)Field(bed.Memory, "_records");
                Assert.Equal(kept.Sum(entry => MemoryBudget.SizeOf(entry.Value)), bed.Memory.SizeInBytes);
                Assert.InRange(bed.Memory.SizeInBytes, 0, 64 * 1024);
            }

            Try(() => bed.Memory.ClearAsync().AsTask());
            Assert.Equal((0, 0, 0), (bed.Memory.SizeInBytes, Entries(bed.Memory, "_records"), Entries(bed.Memory, "_users")));
        },
        iter: 1_000);

    [Fact]
    public async Task IsNothingAfterManyAtOnceHaveCreatedChangedAndEnded()
    {
        var bed = new Bed(store => store.MaxSessionsPerUser = 3, store => store.MaxBytes = 64 * 1024);
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
                            var (_, record) = bed.Options.Services.Make(bed.Memory, at < 4 ? "alice" : null, Sized(random.Next(1_000)));
                            await bed.Memory.CreateAsync(record, bed.Options.Services.Settings.Cap);
                            shared[at] = record;
                            break;
                        case 1 or 2 when shared[at] is { } changed:
                            await bed.Memory.UpdateAsync(changed, new SessionChange { Set = Sized(random.Next(1_000)) });
                            break;
                        case 3 when shared[at] is { } ended:
                            await bed.Memory.DeleteAsync(ended);
                            break;
                    }
                }
                catch (SessionStoreException)
                {
                    // Full: that may be.
                }
            }
        })));

        Assert.InRange((await ExpiryInMemory.List(bed.Memory, "alice")).Count, 0, 3);
        await bed.Memory.ClearAsync();
        Assert.Equal((0, 0, 0), (bed.Memory.SizeInBytes, Entries(bed.Memory, "_records"), Entries(bed.Memory, "_users")));
        Assert.Equal(0L, Field(Field(bed.Memory, "_budget"), "_anonymousBytes"));
        Assert.Equal(0L, Field(Field(bed.Memory, "_budget"), "_anonymousCount"));
    }

    [Fact]
    public void TooSmallABudgetIsRefusedWithTheMend() =>
        Assert.Contains("MemoryStoreOptions.MaxBytes", Assert.Throws<ArgumentException>("options", () => new MemoryStore(new() { MaxBytes = (64 * 1024) - 1 })).Message, StringComparison.Ordinal);

    private static SessionFields Sized(int bytes) => SessionFields.Create([new("a", System.Text.Encoding.UTF8.GetBytes($"\"{new string('x', bytes)}\""))]);

    // What the store reckons may be right while what it keeps is not, so both are looked at.
    private static int Entries(MemoryStore store, string field) => ((ICollection)Field(store, field)).Count;

    private static object Field(object of, string name) =>
        of.GetType().GetField(name, BindingFlags.Instance | BindingFlags.NonPublic)?.GetValue(of) ?? throw new InvalidOperationException($"{of.GetType().Name} has no {name} any more; look at this test.");

    private static void Try(Func<Task> verb)
    {
        try
        {
            verb().GetAwaiter().GetResult();
        }
        catch (SessionStoreException)
        {
            // Full: that may be, and nothing may be left of it.
        }
    }
}
