using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Sact.Session;

/// <summary>
/// Ends the sessions with an outdated security stamp at a sign-in: those of the user, and the new one if its sign-in began before the stamp
/// changed, the user was deleted or locked out.
/// </summary>
internal static class SecurityStamps
{
    /// <summary>Call it after a sign-in.</summary>
    /// <returns>False if the new session has ended.</returns>
    public static async Task<bool> EndOutdatedAsync(
        RequestSession session, SavedUsers users, HttpContext context, SessionFields fields, bool refreshes)
    {
        if (!fields.Contains(SecurityStampField.Name)
            || await session.ReadAsync(reload: false, CancellationToken.None).ConfigureAwait(false) is not { UserId: not null } own)
        {
            return true;
        }

        bool lives = false;
        try
        {
            return lives = await EndOutdatedAsync(session.Store, session.Services, users, context, own, refreshes).ConfigureAwait(false);
        }
        finally
        {
            if (!lives)
            {
                await session.End.SignOutAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Ends the other sessions of a user. It reads the user after it has listed the sessions: a session with a newer stamp than the one
    /// that it reads began later and is not listed.
    /// </summary>
    /// <param name="store">The store of the sessions.</param>
    /// <param name="services">The services of the registration.</param>
    /// <param name="users">The users of Identity.</param>
    /// <param name="context">The request.</param>
    /// <param name="own">The new session, or the refreshed one.</param>
    /// <param name="refreshes">
    /// Whether the user was signed in before. Then a lockout by failed passwords does not count: anybody can cause it.
    /// </param>
    /// <returns>False if the own session must end, which is left to the caller.</returns>
    public static async Task<bool> EndOutdatedAsync(
        IGenericStore store, SessionServices services, SavedUsers users, HttpContext context, SessionRecord own, bool refreshes)
    {
        // A client that disconnects must not keep a session alive, so the request is not given.
        var calls = new StoreClient(store, services, context: null);
        own.Fields.TryGetValue(SecurityStampField.Name, out var stamp);
        var sessions = await calls.ListAsync(own.UserId!, CancellationToken.None).ConfigureAwait(false);
        bool lives = true;
        List<ReadOnlyMemory<byte>> current = [stamp];
        if (users.AreKnown)
        {
            var saved = await ReadAsync(users, context, own.UserId!, stamp).ConfigureAwait(false);
            current = SavedUser.HashesOf(saved);
            if (StampsOfRequest.Replaced(context, own.UserId!, stamp, saved))
            {
                current.Add(stamp);
            }

            // Another type of users may have a user with the same id. Its lockout does not count.
            var owners = saved.Where(user => user.Has(stamp) || StampsOfRequest.Replaced(context, own.UserId!, stamp, [user]));
            var span = refreshes ? LockoutByFailures(context) : TimeSpan.Zero;
            lives = !owners.Any(user => user.IsLockedOutFor(span)) && !SecurityStampField.Differs(own, current);
        }

        var ended = new EndedByIdentity(services, own.Key);
        foreach (var other in sessions)
        {
            if (other.Key != own.Key
                && !AuthenticatedSessions.Contains(context, other.Key)
                && SecurityStampField.Differs(other, current)
                && await calls.EndAsync(other, SessionEndReason.CredentialsChanged, CancellationToken.None).ConfigureAwait(false))
            {
                ended.Add(other.Key);
            }
        }

        ended.Report();
        if (!lives)
        {
            AuthenticationLog.SignInOutdated(services.Telemetry.Log, own.Key);
        }

        return lives;
    }

    /// <summary>Whether a user has a stamp now. A refreshed sign-in must not write an older one.</summary>
    public static async Task<bool> IsCurrentAsync(SavedUsers users, HttpContext context, string userId, ReadOnlyMemory<byte> stamp)
    {
        if (!users.AreKnown)
        {
            return true;
        }

        var saved = await ReadAsync(users, context, userId, stamp).ConfigureAwait(false);
        return saved.Exists(user => user.Has(stamp)) || StampsOfRequest.Replaced(context, userId, stamp, saved);
    }

    private static async Task<List<SavedUser>> ReadAsync(
        SavedUsers users, HttpContext context, string userId, ReadOnlyMemory<byte> stamp)
    {
        try
        {
            return await users.ReadAsync(userId, context).ConfigureAwait(false);
        }
        catch (TimeoutException) when (StampsOfRequest.Find(context, userId, stamp) is not null)
        {
            // The request's own transaction holds the user, so nobody else can have changed the stamp since.
            return [new SavedUser(StampsOfRequest.Find(context, userId, stamp), LockedOutUntil: null)];
        }
    }

    private static TimeSpan LockoutByFailures(HttpContext context) =>
        (context.RequestServices?.GetService<IOptions<IdentityOptions>>()?.Value ?? new IdentityOptions()).Lockout.DefaultLockoutTimeSpan;
}
