using System.Collections.Concurrent;

namespace Sact.Session.Tool;

/// <summary>Copies or moves all live sessions of one store to another, while applications use both.</summary>
internal sealed class StoreCopy(RecordStore source, RecordStore target, bool endsAtSource)
{
    private const int AtOnce = 16;
    private const int MostNamed = 20;

    private readonly SessionMove _move = new(source, target);
    private long _copied;
    private long _known;
    private long _gone;
    private long _refused;

    /// <summary>How many sessions the target has now because of this copy.</summary>
    public long Copied => _copied;

    /// <summary>How many the target knew already, live or ended.</summary>
    public long Known => _known;

    /// <summary>How many ended or expired while they were copied.</summary>
    public long Gone => _gone;

    /// <summary>How many live sessions were left out because they cannot move.</summary>
    public long Refused => _refused;

    /// <summary>Why, for the first of them. Each sentence has the key.</summary>
    public ConcurrentQueue<string> Refusals { get; } = new();

    /// <summary>How many live records cannot be copied, because a newer version wrote them or because they cannot be read.</summary>
    public int Skipped { get; private set; }

    /// <summary>Refuses a source and a target that are one and the same.</summary>
    /// <exception cref="SessionStoreException">They are, or one of them does not answer.</exception>
    public ValueTask ThrowIfSameAsync(CancellationToken cancellationToken) => _move.ThrowIfSameAsync(cancellationToken);

    /// <summary>Copies.</summary>
    /// <param name="report">Takes how many sessions were looked at.</param>
    /// <param name="cancellationToken">Stops between two sessions. Another run continues.</param>
    /// <exception cref="SessionStoreException">A store does not answer.</exception>
    public async Task RunAsync(Action<long> report, CancellationToken cancellationToken)
    {
        var walk = new SessionWalk((ISessionQueryStore)source, new SessionQuery { PageSize = SessionQuery.MaxPageSize });
        var seen = new HashSet<SessionKey>();
        await foreach (var page in walk.PagesAsync(cancellationToken).ConfigureAwait(false))
        {
            var sessions = page.Sessions.Where(session => seen.Add(session.Key));
            foreach (var some in sessions.Chunk(ISessionBatchStore.MostKeys))
            {
                await CopyAsync(some, cancellationToken).ConfigureAwait(false);
            }

            report(seen.Count);
        }

        Skipped = walk.Skipped;
    }

    private async Task CopyAsync(SessionRecord[] sessions, CancellationToken cancellationToken)
    {
        SessionKey[] keys = [.. sessions.Select(static session => session.Key)];
        var found = await target.FindManyAsync(keys, cancellationToken).ConfigureAwait(false);
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, keys.Length, options, async (i, stop) =>
        {
            // A target that has an older state is refused by the move.
            bool isKnown = found[i].Record is not null || found[i].Ended is { Reason: not SessionEndReason.Expired };
            bool isComplete = isKnown && !endsAtSource && !(found[i].Record?.Version < sessions[i].Version);
            bool lives = true;
            try
            {
                lives = isComplete || await CopyAsync(keys[i], stop).ConfigureAwait(false);
            }
            catch (UnmovableSessionException refused)
            {
                Refuse(refused);
                return;
            }

            Interlocked.Increment(ref isKnown ? ref _known : ref lives ? ref _copied : ref _gone);
        }).ConfigureAwait(false);
    }

    private ValueTask<bool> CopyAsync(SessionKey key, CancellationToken cancellationToken) =>
        endsAtSource ? _move.MoveAsync(key, cancellationToken) : _move.CopyAsync(key, cancellationToken);

    private void Refuse(UnmovableSessionException refused)
    {
        if (Interlocked.Increment(ref _refused) <= MostNamed)
        {
            Refusals.Enqueue(refused.Message);
        }
    }
}
