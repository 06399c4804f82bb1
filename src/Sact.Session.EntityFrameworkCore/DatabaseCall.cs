using System.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Sact.Session;

/// <summary>One call of the store, over a context that it has alone. It knows whether a write may have happened.</summary>
internal sealed class DatabaseCall(DbContext context, CancellationToken cancellationToken)
{
    public DbContext Context => context;

    public CancellationToken Token => cancellationToken;

    /// <summary>Whether a write was sent that was not acknowledged.</summary>
    public bool MayHaveWritten { get; private set; }

    public IQueryable<SessionRow> Sessions => context.Set<SessionRow>().IgnoreQueryFilters();

    public IQueryable<SessionLockRow> Locks => context.Set<SessionLockRow>().IgnoreQueryFilters();

    /// <summary>Runs a statement that commits itself. The provider may repeat it, as the application's options say.</summary>
    public async Task<int> WriteAsync(Func<Task<int>> statement)
    {
        // What an earlier attempt may have written is not undone by this one.
        bool before = MayHaveWritten;
        MayHaveWritten |= context.Database.CurrentTransaction is null;
        int rows = await statement().ConfigureAwait(false);
        MayHaveWritten = before;
        return rows;
    }

    /// <summary>
    /// Runs a statement that nobody may repeat: a first attempt that was lost on the way back would make the second one see its effect.
    /// </summary>
    public async Task<int> WriteOnceAsync(Func<Task<int>> statement)
    {
        // To open a connection again is always allowed, and it shows that nothing was sent.
        await context.Database.CreateExecutionStrategy()
            .ExecuteAsync(context.Database.OpenConnectionAsync, cancellationToken).ConfigureAwait(false);
        return await new WithoutRetry(context).ExecuteAsync(() => WriteAsync(statement)).ConfigureAwait(false);
    }

    /// <summary>
    /// Runs statements in a transaction, which is committed if they answer true. The provider may repeat it, so it must be repeatable.
    /// </summary>
    public Task<T> TransactAsync<T>(Func<Task<(T Answer, bool Commit)>> statements) =>
        context.Database.CreateExecutionStrategy().ExecuteAsync(async token =>
        {
            // At a stricter level the snapshot may be that of the first statement, from before a lock was granted.
            var transaction = await context.Database.BeginTransactionAsync(IsolationLevel.ReadCommitted, token).ConfigureAwait(false);
            await using var _ = transaction.ConfigureAwait(false);
            var (answer, commit) = await statements().ConfigureAwait(false);
            if (commit)
            {
                token.ThrowIfCancellationRequested();
                MayHaveWritten = true;
                await transaction.CommitAsync(token).ConfigureAwait(false);
            }

            return answer;
        }, cancellationToken);

    /// <summary>Within it no strategy of the provider repeats anything.</summary>
    private sealed class WithoutRetry(DbContext context) : ExecutionStrategy(context, maxRetryCount: 0, TimeSpan.Zero)
    {
        protected override bool ShouldRetryOn(Exception exception) => false;
    }
}
