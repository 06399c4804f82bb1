namespace Sact.Session.Tests;

/// <summary>What the scheme allocates for a session with sealed fields that has neither properties nor refreshed tokens.</summary>
[Collection(nameof(Allocations))]
public sealed class AllocationsOfSealedSessions
{
    [Fact]
    public void ForPropertiesAreThoseOfAnOpenSession()
    {
        var host = new SessionHost();
        var services = host.Options.Services;
        var (id, open) = services.Make(host.Memory, "alice", SessionFields.Empty);
        var withKey = open with { CurrentKey = DataKey.Create(open.Key).Wrap(id) };

        Assert.Equal(BytesOf(open, services), BytesOf(withKey, services));
    }

    private static long BytesOf(SessionRecord record, ISessionDataSource source)
    {
        const int Times = 10_000;
        long least = long.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Times; i++)
            {
                PrincipalFields.PropertiesOf(record, source);
            }

            least = Math.Min(least, (GC.GetAllocatedBytesForCurrentThread() - before) / Times);
        }

        return least;
    }
}
