using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session;

/// <summary>Reads the users of ASP.NET Core Identity as they are saved, whatever their type.</summary>
internal sealed class SavedUsers(IServiceScopeFactory scopes, TimeProvider clock)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<Type, Reader> _readers = new();

    /// <summary>Whether the application has users of Identity. Without them only the claims tell a stamp.</summary>
    public bool AreKnown => !_readers.IsEmpty;

    /// <summary>Notes a type of users. Every user manager does so before it gives a user away.</summary>
    public void Know<TUser>()
        where TUser : class => _readers.TryAdd(typeof(TUser), new Reader(SavedUser.ReadAsync<TUser>, SavedUser.ReadOwnAsync<TUser>));

    /// <summary>The users with an id. An application with two types of users may have two of them.</summary>
    /// <param name="userId">The id.</param>
    /// <param name="request">The request, whose store is the second to be searched.</param>
    /// <param name="searches">Whether that store must search for the name too; false if the request may have changed it.</param>
    /// <param name="except">A type of users that is left out; null for none.</param>
    /// <exception cref="TimeoutException">The store of the users does not answer.</exception>
    public async Task<List<SavedUser>> ReadAsync(string userId, HttpContext? request, bool searches = true, Type? except = null)
    {
        var found = new List<SavedUser>();
        foreach (var (type, reader) in _readers)
        {
            if (type == except)
            {
                continue;
            }

            if (await ReadAsync(reader, userId, request, searches).ConfigureAwait(false) is { } user)
            {
                found.Add(user);
            }
        }

        return found;
    }

    /// <summary>The user of one type that was noted; null if there is none.</summary>
    /// <exception cref="TimeoutException">The store of the users does not answer.</exception>
    public Task<SavedUser?> ReadAsync(Type type, string userId, HttpContext request) =>
        ReadAsync(_readers[type], userId, request, searches: true);

    /// <summary>The user of one type as new services see it; null if there is none.</summary>
    /// <exception cref="TimeoutException">The store of the users does not answer.</exception>
    public Task<SavedUser?> ReadAsync<TUser>(string userId)
        where TUser : class => BoundedAsync(limit => SavedUser.ReadAsync<TUser>(scopes, userId, limit));

    private async Task<SavedUser?> ReadAsync(Reader reader, string userId, HttpContext? request, bool searches)
    {
        var user = await BoundedAsync(limit => reader.New(scopes, userId, limit)).ConfigureAwait(false);
        return user is null && request?.RequestServices is { } services
            ? await reader.Own(services, userId, searches).ConfigureAwait(false)
            : user;
    }

    // A locking database makes the read wait for the end of the request's own transaction, which waits for the read.
    private async Task<SavedUser?> BoundedAsync(Func<CancellationToken, Task<SavedUser?>> read)
    {
        using var limit = new CancellationTokenSource(s_limit, clock);
        try
        {
            return await read(limit.Token).WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception fault) when (limit.IsCancellationRequested)
        {
            throw new TimeoutException(
                "The store of users did not answer within 5 seconds, so nobody knows whether the session may live. "
                + "An open transaction may hold the user. Commit a change of a user before another request signs that user in.",
                fault);
        }
    }

    private sealed record Reader(
        Func<IServiceScopeFactory, string, CancellationToken, Task<SavedUser?>> New,
        Func<IServiceProvider, string, bool, Task<SavedUser?>> Own);
}
