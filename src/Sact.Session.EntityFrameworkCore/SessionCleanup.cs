using System.Diagnostics.CodeAnalysis;
using Microsoft.EntityFrameworkCore;

namespace Sact.Session;

/// <summary>Deletes what nobody needs any more, in batches.</summary>
internal sealed class SessionCleanup(string prefix)
{
    /// <summary>The most keys that one statement names. SQL Server allows 2,100 parameters.</summary>
    private const int MostKeys = 500;

    /// <summary>Deletes expired sessions and unused locks.</summary>
    /// <param name="call">The call.</param>
    /// <param name="until">The deadline that has passed by the skew margin.</param>
    /// <param name="now">The clock of the application.</param>
    /// <param name="batch">The most rows of each table to delete.</param>
    /// <returns>The number of deleted sessions; null if the clocks of this machine and of the server differ too much.</returns>
    public async Task<long?> RunAsync(DatabaseCall call, DateTimeOffset until, DateTimeOffset now, int batch)
    {
        batch = Math.Min(batch, MostKeys);
        long deadline = until.ToUnixTimeMilliseconds();
        var (expired, serverNow) = await FindAsync(call, deadline, batch).ConfigureAwait(false);
        if (serverNow is { } time && (time - now).Duration() > SessionRecord.SkewMargin)
        {
            return null;
        }

        await SessionLocks.DeleteUnusedAsync(call, now.ToUnixTimeMilliseconds(), batch).ConfigureAwait(false);

        // The condition is repeated, because a session may have been touched since it was found.
        return expired.Count == 0 ? 0 : await call.WriteAsync(() => call.Sessions
            .Where(row => row.Prefix == prefix && expired.Contains(row.KeyPart) && row.ExpiresAt <= deadline)
            .ExecuteDeleteAsync(call.Token)).ConfigureAwait(false);
    }

    /// <summary>The server's clock; null if there is no session.</summary>
    [SuppressMessage("ApiDesign", "RS0030", Justification = "The server evaluates DateTime.UtcNow.")]
    public async Task<DateTimeOffset?> ReadClockAsync(DatabaseCall call)
    {
        var found = await call.Sessions
            .Where(row => row.Prefix == prefix)
            .OrderBy(row => row.ExpiresAt)
            .Take(1)
            .Select(row => new { row.KeyPart, ServerNow = DateTime.UtcNow })
            .ToListAsync(call.Token).ConfigureAwait(false);
        return found.Count == 0 ? null : Utc(found[0].ServerNow);
    }

    private static DateTimeOffset Utc(DateTime time) => new(DateTime.SpecifyKind(time, DateTimeKind.Utc), TimeSpan.Zero);

    /// <summary>The keys of expired sessions, and the server's clock; null if there is no such session.</summary>
    [SuppressMessage("ApiDesign", "RS0030", Justification = "The server evaluates DateTime.UtcNow.")]
    private async Task<(List<string> Expired, DateTimeOffset? ServerNow)> FindAsync(DatabaseCall call, long deadline, int batch)
    {
        var found = await call.Sessions
            .Where(row => row.Prefix == prefix && row.ExpiresAt <= deadline)
            .OrderBy(row => row.ExpiresAt)
            .Take(batch)
            .Select(row => new { row.KeyPart, ServerNow = DateTime.UtcNow })
            .ToListAsync(call.Token).ConfigureAwait(false);
        DateTimeOffset? serverNow = found.Count == 0 ? null : Utc(found[0].ServerNow);
        return (found.ConvertAll(row => row.KeyPart), serverNow);
    }
}
