using System.Globalization;

namespace Sact.Session.Scoreboard;

/// <summary>What a library of .NET does for one request. What it lacks is a reason, and no failure.</summary>
internal abstract class SessionVerbs
{
    public abstract Task<string?> UserAsync();

    public abstract Task<string?> ReadAsync(string key);

    /// <summary>Writes a value; false if the session is gone.</summary>
    public abstract Task<bool> WriteAsync(string key, string value);

    public abstract Task SignInAsync(string user);

    public abstract Task SignOutAsync();

    /// <summary>Keeps a value for a visitor, who is signed in or not.</summary>
    public virtual Task VisitAsync(string key, string value) => throw Missing("It has no session before a sign-in.");

    /// <summary>Adds one to a number by the means that the library has for it; the gate is between the read and the write.</summary>
    public virtual async Task AddAsync(string key, Func<Task> gate)
    {
        int number = int.Parse(await ReadAsync(key) ?? "0", CultureInfo.InvariantCulture);
        await gate();
        await WriteAsync(key, (number + 1).ToString(CultureInfo.InvariantCulture));
    }

    public virtual Task<bool> RenewAsync() => throw Missing("It cannot give a living session a new id.");

    public virtual Task SignOutEverywhereAsync() => throw Missing("It has no index of the sessions of a user.");

    public virtual Task SignOutOthersAsync() => throw Missing("It has no index of the sessions of a user.");

    public virtual Task<IEnumerable<string>> DevicesAsync() => throw Missing("It has no list of the sessions of a user.");

    public virtual Task<bool> EndAsync(string handle) => throw Missing("It has no list of the sessions of a user.");

    protected static NotApplicableException Missing(string reason) => new(reason);
}
