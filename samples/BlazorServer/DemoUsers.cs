using System.Collections.Concurrent;

namespace BlazorServer;

/// <summary>Two invented users in memory. A real application keeps users in a database, with hashes of their passwords.</summary>
internal sealed class DemoUsers
{
    public const string Password = "correct horse battery staple";

    public const int LongestName = 40;

    private readonly ConcurrentDictionary<string, string> _names = new() { ["alice"] = "Alice", ["bob"] = "Bob" };

    /// <summary>The id of the user with this name and password; null if one of them is wrong.</summary>
    public string? Check(string? userName, string? password) =>
        userName?.Trim().ToLowerInvariant() is { } id && _names.ContainsKey(id) && password == Password ? id : null;

    /// <summary>What the site calls a user.</summary>
    public string NameOf(string? userId) => _names[userId!];

    public void Rename(string userId, string name) => _names[userId] = name;
}
