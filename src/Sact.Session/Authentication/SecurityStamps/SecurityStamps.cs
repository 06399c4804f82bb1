using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>Ends a user's sessions that were signed in under a security stamp which is no longer the user's.</summary>
internal static class SecurityStamps
{
    /// <summary>After a sign-in: its stamp is the user's now.</summary>
    public static async Task EndOutdatedAsync(RequestSession session, HttpContext context, SessionFields fields)
    {
        if (fields.TryGetValue(SecurityStampField.Name, out var stamp)
            && await session.ReadAsync(reload: false, CancellationToken.None).ConfigureAwait(false) is { UserId: { } userId } mine)
        {
            await EndOutdatedAsync(session.Store, session.Services, context, userId, stamp, mine.Key).ConfigureAwait(false);
        }
    }

    /// <param name="store">Where they are.</param>
    /// <param name="services">The registration's services.</param>
    /// <param name="context">The request; null outside of one.</param>
    /// <param name="userId">Whose.</param>
    /// <param name="stamp">The stamp, as it is kept.</param>
    /// <param name="mine">The session that stays; null if none does.</param>
    public static async Task EndOutdatedAsync(IGenericStore store, SessionServices services, HttpContext? context, string userId, ReadOnlyMemory<byte> stamp, SessionKey? mine)
    {
        var calls = new StoreClient(store, services, context);
        SessionKey? told = null;
        long ended = 0;
        foreach (var other in await calls.ListAsync(userId, CancellationToken.None).ConfigureAwait(false))
        {
            if (other.Key != mine && !AnsweredSession.IsNotedIn(context, other.Key) && SecurityStampField.Differs(other, stamp) && await calls.DeleteAsync(other, CancellationToken.None).ConfigureAwait(false))
            {
                told ??= other.Key;
                ended++;
            }
        }

        if (told is { } key)
        {
            services.Telemetry.EndedMany(mine ?? key, ended, EndedReason.Others);
        }
    }
}
