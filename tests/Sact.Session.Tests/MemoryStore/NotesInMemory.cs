using System.Security.Cryptography;

namespace Sact.Session.Tests;

/// <summary>Notes without a user, such as those of logout tokens, in a small memory store.</summary>
public sealed class NotesInMemory
{
    private const int MaxBytes = 64 * 1024;

    [Fact]
    public async Task ThatEndLeaveNothing()
    {
        var host = new SessionHost(static _ => { }, static store => store.MaxBytes = MaxBytes);
        for (int i = 0; i < 1_000; i++)
        {
            var note = Note(host, i, TimeSpan.FromHours(1));
            await host.Memory.CreateAsync(note);
            Assert.True(await host.Memory.DeleteAsync(note));
        }

        Assert.Equal(0, host.Memory.SizeInBytes);
        await host.Request().Session.StartAsync();
        Assert.Equal(1, await host.Memory.CountActiveSessionsAsync());
    }

    [Fact]
    public async Task ThatExpireLeaveRoomForNewOnes()
    {
        var host = new SessionHost(static _ => { }, static store => store.MaxBytes = MaxBytes);
        for (int i = 0; i < 1_000; i++)
        {
            await host.Memory.CreateAsync(Note(host, i, TimeSpan.FromMinutes(1)));
            host.Clock.Advance(TimeSpan.FromMinutes(2));
        }

        Assert.InRange(host.Memory.SizeInBytes, 1, MaxBytes);
    }

    [Fact]
    public async Task EndNoVisitorsSession()
    {
        var host = new SessionHost(static _ => { }, static store => store.MaxBytes = MaxBytes);
        var visitor = host.Request();
        await visitor.Session.StartAsync();
        long one = 0;
        for (int i = 0; i < 50; i++)
        {
            long before = host.Memory.SizeInBytes;
            await host.Memory.CreateAsync(Note(host, i, TimeSpan.FromHours(1)));
            one = host.Memory.SizeInBytes - before;
        }

        Assert.InRange(50 * one, MaxBytes / 10, MaxBytes);
        Assert.NotNull(await host.Request(visitor.SentId).Session.GetAnyAsync());
    }

    private static SessionRecord Note(SessionHost host, int number, TimeSpan life) => SessionNotes.Single(
        host.Memory, SHA256.HashData(BitConverter.GetBytes(number)), SessionFields.Empty, life, host.Clock.GetUtcNow());
}
