using System.Transactions;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session;

/// <summary>What decides whether the sessions of a user may live: the security stamp and the end of a lockout.</summary>
/// <param name="Stamp">The stamp; null if the store of users keeps none.</param>
/// <param name="LockedOutUntil">The end of a lockout, which may be over; null if the user cannot be locked out or is not.</param>
internal sealed record SavedUser(string? Stamp, DateTimeOffset? LockedOutUntil)
{
    // Identity compares lockouts with the clock of the machine, whatever TimeProvider the application has.
    public bool IsLockedOut => LockedOutUntil >= TimeProvider.System.GetUtcNow();

    /// <summary>Whether the user is locked out for longer than a span.</summary>
    public bool IsLockedOutFor(TimeSpan span) => LockedOutUntil > TimeProvider.System.GetUtcNow() + span;

    /// <summary>Whether a hash is that of the stamp.</summary>
    public bool Has(ReadOnlyMemory<byte> hash) => Stamp is not null && SecurityStampField.HashOf(Stamp).Span.SequenceEqual(hash.Span);

    /// <summary>The hashes of the stamps of users.</summary>
    public static List<ReadOnlyMemory<byte>> HashesOf(IEnumerable<SavedUser> users) =>
        [.. users.Where(static user => user.Stamp is not null).Select(static user => SecurityStampField.HashOf(user.Stamp!))];

    public static async Task<SavedUser> OfAsync<TUser>(IUserStore<TUser> store, TUser user)
        where TUser : class
    {
        string? stamp = store is IUserSecurityStampStore<TUser> stamps
            ? await stamps.GetSecurityStampAsync(user, CancellationToken.None).ConfigureAwait(false)
            : null;
        var until = store is IUserLockoutStore<TUser> lockouts
            && await lockouts.GetLockoutEnabledAsync(user, CancellationToken.None).ConfigureAwait(false)
                ? await lockouts.GetLockoutEndDateAsync(user, CancellationToken.None).ConfigureAwait(false)
                : null;
        return new SavedUser(stamp, until);
    }

    /// <summary>
    /// Reads a user as it is saved. The services are new, because a store that has read the user in this request may answer with the object
    /// of then. The transaction of the caller is left out, because a second connection cannot join it everywhere.
    /// </summary>
    /// <returns>Null if there is no such user.</returns>
    public static async Task<SavedUser?> ReadAsync<TUser>(IServiceScopeFactory scopes, string userId, CancellationToken cancellationToken)
        where TUser : class
    {
        using var outside = new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled);
        var scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            var store = scope.ServiceProvider.GetRequiredService<IUserStore<TUser>>();
            return await FindAsync(store, userId, cancellationToken).ConfigureAwait(false) is { } user
                ? await OfAsync(store, user).ConfigureAwait(false)
                : null;
        }
    }

    /// <summary>
    /// Reads a user through the store of the request. New services may lack what the request knows, such as its tenant, and find nobody.
    /// </summary>
    /// <param name="services">The services of the request.</param>
    /// <param name="userId">The user.</param>
    /// <param name="searches">
    /// Whether to search for the user's name too. The store may return the object of an id without a look at what is saved, so a deleted
    /// user would still be found. Say false if the request has changed the user: a name that was refused belongs to nobody.
    /// </param>
    /// <returns>Null if there is no such user.</returns>
    public static async Task<SavedUser?> ReadOwnAsync<TUser>(IServiceProvider services, string userId, bool searches)
        where TUser : class
    {
        if (services.GetService<IUserStore<TUser>>() is not { } store
            || await FindAsync(store, userId, CancellationToken.None).ConfigureAwait(false) is not { } user)
        {
            return null;
        }

        bool deleted = searches
            && await store.GetNormalizedUserNameAsync(user, CancellationToken.None).ConfigureAwait(false) is { } name
            && await store.FindByNameAsync(name, CancellationToken.None).ConfigureAwait(false) is null;
        return deleted ? null : await OfAsync(store, user).ConfigureAwait(false);
    }

    // A store may be unable to convert the id of another type of users. The message of such an exception contains the id.
    private static async Task<TUser?> FindAsync<TUser>(IUserStore<TUser> store, string userId, CancellationToken cancellationToken)
        where TUser : class
    {
        try
        {
            return await store.FindByIdAsync(userId, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception refusal) when (refusal is ArgumentException or FormatException or OverflowException or NotSupportedException)
        {
            return null;
        }
    }
}
