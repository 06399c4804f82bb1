using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session;

/// <summary>Reads the users of ASP.NET Core Identity as they are saved, whatever their type.</summary>
internal sealed class SavedUsers(IServiceScopeFactory scopes)
{
    private readonly ConcurrentDictionary<Type, Func<IServiceScopeFactory, string, Task<SavedUser?>>> _readers = new();

    /// <summary>Whether the application has users of Identity. Without them only the claims tell a stamp.</summary>
    public bool AreKnown => !_readers.IsEmpty;

    /// <summary>Notes a type of users. Every user manager does so before it gives a user away.</summary>
    public void Know<TUser>()
        where TUser : class => _readers.TryAdd(typeof(TUser), SavedUser.ReadAsync<TUser>);

    /// <summary>The users with an id. An application with two types of users may have two of them.</summary>
    public async Task<List<SavedUser>> ReadAsync(string userId)
    {
        var found = new List<SavedUser>();
        foreach (var read in _readers.Values)
        {
            if (await read(scopes, userId).ConfigureAwait(false) is { } user)
            {
                found.Add(user);
            }
        }

        return found;
    }

    public Task<SavedUser?> ReadAsync<TUser>(string userId)
        where TUser : class => SavedUser.ReadAsync<TUser>(scopes, userId);
}
