using Microsoft.EntityFrameworkCore;

namespace Sact.Session;

/// <summary>What a list finds: a key and the bytes under it.</summary>
internal sealed record FoundSession(string KeyPart, byte[] Record);

/// <summary>
/// The reads, compiled once per store, because a compiled query belongs to one model. None of them tracks anything, and none is subject
/// to the query filters of the application.
/// </summary>
internal sealed class SessionQueries
{
    /// <summary>The packed record under a key.</summary>
    public Func<DbContext, string, string, CancellationToken, Task<byte[]?>> Record { get; } = EF.CompileAsyncQuery(
        (DbContext context, string prefix, string keyPart, CancellationToken cancellationToken) => context.Set<SessionRow>()
            .IgnoreQueryFilters()
            .Where(row => row.Prefix == prefix && row.KeyPart == keyPart)
            .Select(row => row.Record)
            .SingleOrDefault());

    /// <summary>The sessions of a user, expired ones included: another machine's clock may see them live.</summary>
    public Func<DbContext, string, string, IAsyncEnumerable<FoundSession>> OfUser { get; } = EF.CompileAsyncQuery(
        (DbContext context, string prefix, string userId) => context.Set<SessionRow>()
            .IgnoreQueryFilters()
            .Where(row => row.Prefix == prefix && row.UserId == userId)
            .Select(row => new FoundSession(row.KeyPart, row.Record)));

    /// <summary>The key parts of a user's live sessions.</summary>
    public Func<DbContext, string, string, long, IAsyncEnumerable<string>> LiveKeysOfUser { get; } = EF.CompileAsyncQuery(
        (DbContext context, string prefix, string userId, long now) => context.Set<SessionRow>()
            .IgnoreQueryFilters()
            .Where(row => row.Prefix == prefix && row.UserId == userId && row.ExpiresAt > now)
            .Select(row => row.KeyPart));

    /// <summary>How many sessions of a prefix are live.</summary>
    public Func<DbContext, string, long, CancellationToken, Task<long>> CountLive { get; } = EF.CompileAsyncQuery(
        (DbContext context, string prefix, long now, CancellationToken cancellationToken) => context.Set<SessionRow>()
            .IgnoreQueryFilters()
            .LongCount(row => row.Prefix == prefix && row.ExpiresAt > now && row.State < EndedMarker.StateNumber));
}
