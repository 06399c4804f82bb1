using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;

namespace Sact.Session;

/// <summary>
/// The order of writes to one SQLite file in this process. A connection that finds the file locked sleeps for 150 ms and blocks its thread;
/// a writer that waits here does neither. The contract suite over one file took 213 s without turns, and 34 s with them.
/// </summary>
internal static class SqliteTurns
{
    // One per database, and an application has few.
    private static readonly ConcurrentDictionary<string, SemaphoreSlim> s_turns = new(StringComparer.Ordinal);

    /// <summary>The turns of the context's database; null if it is not SQLite, which has its own locks for rows.</summary>
    public static SemaphoreSlim? Of(DbContext context) =>
        context.Database.ProviderName == "Microsoft.EntityFrameworkCore.Sqlite"
            ? s_turns.GetOrAdd(context.Database.GetConnectionString() ?? "", static _ => new SemaphoreSlim(1, 1))
            : null;
}
