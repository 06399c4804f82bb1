namespace Sact.Session.Tests;

/// <summary>A memory store in which very many sessions end.</summary>
public sealed class MarkersInMemory
{
    [Fact]
    [Trait("abuse", "J2")]
    public async Task KeepToTheirShareOfTheBytesAndTheOldestGiveWay()
    {
        var host = new SessionHost(configureStore: options => options.MaxBytes = 1024 * 1024);
        int most = 1024 * 1024 / 16 / 320;
        var ids = new List<string>();
        for (int i = 0; i < 2 * most; i++)
        {
            string id = await host.SignInAsync($"user-{i}");
            await host.Request(id).Session.DeleteAsync();
            ids.Add(id);
        }

        var reasons = new List<SessionEndReason?>();
        foreach (string id in ids)
        {
            reasons.Add((await host.Memory.FindAsync(host.Memory.GetSessionKey(id))).Ended?.Reason);
        }

        Assert.Equal(most, reasons.Count(reason => reason == SessionEndReason.SignedOut));
        Assert.All(reasons.TakeLast(most), reason => Assert.Equal(SessionEndReason.SignedOut, reason));
        Assert.Equal(0, host.Memory.SizeInBytes);
    }

    [Fact]
    public async Task OfTheSameKeyAreThoseOfTheLastSession()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync();
        var first = (await host.RecordOf(id))!;
        await host.Memory.EndAsync(first, SessionEndReason.SignedOut);
        var second = first with { LineageHash = new SecretHash(Guid.NewGuid().ToByteArray()) };
        Assert.Equal(SessionCreationStatus.Created, (await host.Memory.CreateAsync(second)).Status);

        await host.Memory.EndAsync(second, SessionEndReason.Replayed);

        Assert.Equal(SessionEndReason.Replayed, (await host.Memory.FindAsync(first.Key)).Ended?.Reason);
    }
}
