using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;

namespace Sact.Session;

/// <summary>The rows that sign-ins of one user lock in turn.</summary>
internal sealed class SessionLocks(string prefix)
{
    /// <summary>How long an unused row stays. To delete one is safe at any time; this only saves inserts.</summary>
    private const long UnusedFor = 60 * 60 * 1000;

    private readonly RowInsert<SessionLockRow> _insert = new();

    /// <summary>The lock of a user.</summary>
    public byte[] IdOf(string userId) => SHA256.HashData(Encoding.UTF8.GetBytes(prefix + "\0" + userId));

    /// <summary>Takes the lock until the end of the transaction. It waits for other transactions that have it.</summary>
    /// <exception cref="DbException">Another transaction made the row at the same time. Try again in a new transaction.</exception>
    public async Task TakeAsync(DatabaseCall call, byte[] id, long now)
    {
        int taken = await call.WriteAsync(() => call.Locks
            .Where(turn => turn.Id == id)
            .ExecuteUpdateAsync(set => set.SetProperty(turn => turn.UsedAt, now), call.Token)).ConfigureAwait(false);
        if (taken == 0)
        {
            await call.WriteAsync(
                () => _insert.RunAsync(call.Context, new SessionLockRow { Id = id, UsedAt = now }, call.Token)).ConfigureAwait(false);
        }
    }

    /// <summary>Deletes rows that no sign-in has used for long.</summary>
    public static async Task DeleteUnusedAsync(DatabaseCall call, long now, int batch)
    {
        long until = now - UnusedFor;
        var unused = await call.Locks.Where(turn => turn.UsedAt <= until).OrderBy(turn => turn.UsedAt).Take(batch)
            .Select(turn => turn.Id).ToListAsync(call.Token).ConfigureAwait(false);
        if (unused.Count > 0)
        {
            await call.WriteAsync(() => call.Locks
                .Where(turn => unused.Contains(turn.Id) && turn.UsedAt <= until)
                .ExecuteDeleteAsync(call.Token)).ConfigureAwait(false);
        }
    }
}
