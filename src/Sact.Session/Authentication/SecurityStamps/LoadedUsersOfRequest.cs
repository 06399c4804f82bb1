using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// The users of Identity as a request has loaded them first. A sign-in by <c>SetAsync</c> has no stamp of its own. It is outdated if its
/// user was changed, deleted or locked out since, by anybody but the request.
/// </summary>
internal sealed class LoadedUsersOfRequest : ISignInCheck
{
    private readonly SessionsOfUsers _sessions;
    private readonly Dictionary<(Type Type, string UserId), SavedUser> _loaded = [];

    private LoadedUsersOfRequest(SessionsOfUsers sessions) => _sessions = sessions;

    /// <summary>Notes a user, unless the request has loaded it before: a password was checked against the first one, perhaps.</summary>
    public static void Add<TUser>(SessionsOfUsers sessions, string userId, SavedUser user)
        where TUser : class
    {
        if (sessions.Request is not { } request)
        {
            return;
        }

        // An application may load two users side by side, and does not know that this writes to its context.
        lock (RequestLock.Of(request))
        {
            if (request.Features.Get<ISignInCheck>() is not LoadedUsersOfRequest users)
            {
                request.Features.Set<ISignInCheck>(users = new LoadedUsersOfRequest(sessions));
            }

            users._loaded.TryAdd((typeof(TUser), userId), user);
        }
    }

    public async ValueTask<bool> MayLiveAsync(RequestSession session, HttpContext context, string userId)
    {
        List<(Type Type, SavedUser User)> loaded = [];
        lock (RequestLock.Of(context))
        {
            loaded.AddRange(_loaded.Where(entry => entry.Key.UserId == userId).Select(entry => (entry.Key.Type, entry.Value)));
        }

        if (loaded.Count == 0 || !_sessions.Keeps(session.Store))
        {
            return true;
        }

        foreach (var (type, user) in loaded)
        {
            if (!await IsCurrentAsync(context, type, userId, user).ConfigureAwait(false))
            {
                AuthenticationLog.SignInOutdated(session.Telemetry.Log, session.Record?.Key ?? default);
                return false;
            }
        }

        return true;
    }

    private async ValueTask<bool> IsCurrentAsync(HttpContext context, Type type, string userId, SavedUser loaded)
    {
        SavedUser? saved;
        try
        {
            saved = await _sessions.Users.ReadAsync(type, userId, context).ConfigureAwait(false);
        }
        catch (TimeoutException) when (StampsOfRequest.Contains(context, userId))
        {
            // The request's own transaction holds the user, so nobody else can have changed it since.
            return true;
        }

        return saved is not null
            && (saved.Stamp == loaded.Stamp
                || (saved.Stamp is { } stamp && StampsOfRequest.Find(context, userId, SecurityStampField.HashOf(stamp)) is not null))
            && (!saved.IsLockedOut || saved.LockedOutUntil == loaded.LockedOutUntil);
    }
}
