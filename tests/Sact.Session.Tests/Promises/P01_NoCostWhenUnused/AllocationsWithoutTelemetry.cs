using System.Diagnostics;
using System.Reflection;

namespace Sact.Session.Tests;

/// <summary>A call of the store that nobody observes costs what the store's answer costs.</summary>
[Collection(nameof(Allocations))]
public sealed class AllocationsWithoutTelemetry
{
    [Fact]
    public async Task AreThoseOfTheStore()
    {
        Assert.SkipWhen(
            typeof(SessionKey).Assembly.GetCustomAttribute<DebuggableAttribute>()?.IsJITOptimizerDisabled == true,
            "A Debug build allocates more: its state machines are classes. tests/run builds Release.");
        var host = new SessionHost();
        string id = await host.SignInAsync();
        var key = host.Memory.GetSessionKey(id);
        var client = new StoreClient(host.Memory, host.Options.Services, null);

        Assert.False(StoreCall.IsObserved(host.Options.Services.Telemetry.Metrics));
        Assert.Equal(0, BytesOf(() => Read(client, key)));
    }

    /// <summary>Without this one the other fact could hold because nothing is measured.</summary>
    [Fact]
    public async Task GrowWhileSomebodyListens()
    {
        using var meters = new MeasuringMeterFactory();
        var host = new SessionHost(options => options.MeterFactory = meters);
        string id = await host.SignInAsync();
        var key = host.Memory.GetSessionKey(id);
        var client = new StoreClient(host.Memory, host.Options.Services, null);

        Assert.True(StoreCall.IsObserved(host.Options.Services.Telemetry.Metrics));
        Assert.True(BytesOf(() => Read(client, key)) > 0);
    }

    private static SessionRecord? Read(StoreClient client, SessionKey key)
    {
        var read = client.FindAsync(key, endsWithRequest: false, CancellationToken.None);
        return read.IsCompletedSuccessfully ? read.Result.Record : null;
    }

    private static long BytesOf(Func<SessionRecord?> read)
    {
        const int Times = 10_000;
        long least = long.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Times; i++)
            {
                Assert.NotNull(read());
            }

            least = Math.Min(least, (GC.GetAllocatedBytesForCurrentThread() - before) / Times);
        }

        return least;
    }
}
