using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;

namespace Sact.Session;

/// <summary>Finds the sessions that other processes end in the same file.</summary>
internal sealed class SqliteEndings(SqliteDatabase database, string selectEnded, string prefix, TimeProvider clock)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    // A marker bears the time before its transaction, which may wait for other writers.
    private static readonly TimeSpan s_overlap = TimeSpan.FromSeconds(30);

    /// <summary>Looks until it is cancelled or the file cannot be read.</summary>
    public async IAsyncEnumerable<SessionKey?> ListenAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var reader = Run(database.OpenReader);
        if (reader is null)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, clock, cancellationToken).ConfigureAwait(false);
            yield break;
        }

        long version = Run(() => VersionOf(reader));
        var known = new HashSet<string>(StringComparer.Ordinal);
        yield return null;
        while (true)
        {
            await Task.Delay(s_pause, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            long newer = Run(() => VersionOf(reader));
            if (newer == version)
            {
                continue;
            }

            version = newer;
            var ended = Run(() => EndedIn(reader));
            foreach (string name in ended)
            {
                if (!known.Contains(name) && SessionKey.TryParse(name, null, out var key))
                {
                    yield return key;
                }
            }

            known = ended;
        }
    }

    private static T Run<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (SqliteException fault)
        {
            throw new SessionStoreException($"SQLite refused a read: {SqliteFaults.Explain(fault)}", fault);
        }
    }

    private static long VersionOf(SqliteReader reader) => (long)reader.Command("PRAGMA data_version").ExecuteScalar()!;

    private HashSet<string> EndedIn(SqliteReader reader)
    {
        var ended = new HashSet<string>(StringComparer.Ordinal);
        var now = clock.GetUtcNow();
        var command = reader.Command(selectEnded)
            .Set("$prefix", prefix)
            .Set("$since", (now - s_overlap).ToUnixTimeMilliseconds())
            .Set("$now", (now + s_overlap).ToUnixTimeMilliseconds());
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            ended.Add(rows.GetString(0));
        }

        return ended;
    }
}
