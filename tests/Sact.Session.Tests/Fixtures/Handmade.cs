using System.Buffers.Text;
using System.Security.Cryptography;

namespace Sact.Session.Tests;

/// <summary>Records that a test puts directly into a store, as a later version or an adapter would.</summary>
internal static class Handmade
{
    public static SessionRecord Record(SessionHost host, string id, SessionState state, string? userId) => new()
    {
        Key = host.Memory.GetSessionKey(id),
        UserId = userId,
        State = state,
        LineageHash = new SecretHash(SHA256.HashData(Base64Url.DecodeFromChars(id).AsSpan(0, 24)).AsSpan(0, SecretHash.Size)),
        CurrentHash = new SecretHash(SHA256.HashData(Base64Url.DecodeFromChars(id)).AsSpan(0, SecretHash.Size)),
        CreatedAt = host.Clock.GetUtcNow(),
        LastSeenAt = host.Clock.GetUtcNow(),
        Lifetimes = new SessionLifetimes(TimeSpan.FromMinutes(20), TimeSpan.FromHours(1), TimeSpan.FromDays(1)),
    };

    /// <summary>Creates a live pending session of a user and returns its id.</summary>
    public static async Task<string> PendingAsync(SessionHost host, string userId)
    {
        string id = host.Memory.CreateSessionId(userId);
        var created = await host.Memory.CreateAsync(Record(host, id, SessionState.Pending, userId));
        Assert.Equal(SessionCreationStatus.Created, created.Status);
        return id;
    }
}
