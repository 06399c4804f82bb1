using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>Ends a user's sessions that were signed in with an old security stamp.</summary>
internal static class SecurityStamps
{
    /// <summary>Call it after a sign-in. The stamp of that sign-in is the current one.</summary>
    public static async Task EndOutdatedAsync(RequestSession session, HttpContext context, SessionFields fields)
    {
        if (fields.TryGetValue(SecurityStampField.Name, out var stamp)
            && await session.ReadAsync(reload: false, CancellationToken.None).ConfigureAwait(false) is { UserId: { } userId } current)
        {
            await EndOutdatedAsync(session.Store, session.Services, context, userId, stamp, current.Key).ConfigureAwait(false);
        }
    }

    /// <param name="store">The store of the sessions.</param>
    /// <param name="services">The services of the registration.</param>
    /// <param name="context">The request, whose authenticated sessions are spared; null outside of a request.</param>
    /// <param name="userId">The user.</param>
    /// <param name="stamp">The hash of the current stamp, from <see cref="SecurityStampField"/>.</param>
    /// <param name="spared">A session that stays; null for none.</param>
    public static async Task EndOutdatedAsync(
        IGenericStore store,
        SessionServices services,
        HttpContext? context,
        string userId,
        ReadOnlyMemory<byte> stamp,
        SessionKey? spared)
    {
        var calls = new StoreClient(store, services, context);
        SessionKey? firstEnded = null;
        long ended = 0;
        foreach (var other in await calls.ListAsync(userId, CancellationToken.None).ConfigureAwait(false))
        {
            if (other.Key != spared
                && !AuthenticatedSessions.Contains(context, other.Key)
                && SecurityStampField.Differs(other, stamp)
                && await calls.DeleteAsync(other, CancellationToken.None).ConfigureAwait(false))
            {
                firstEnded ??= other.Key;
                ended++;
            }
        }

        if (firstEnded is { } key)
        {
            services.Telemetry.EndedMany(spared ?? key, ended, EndedReason.Others);
        }
    }
}
