using System.Transactions;
using Microsoft.EntityFrameworkCore;

namespace Sact.Session;

/// <summary>
/// Runs the calls of the store. Each has a context of its own, outside of every transaction of the application, and what fails becomes a
/// <see cref="SessionStoreException"/>.
/// </summary>
internal sealed class EntityFrameworkDatabase(IContextSource source, EntityFrameworkCheck check)
{
    /// <summary>Runs a call that only reads.</summary>
    public Task<T> ReadAsync<T>(Func<DatabaseCall, Task<T>> work, CancellationToken cancellationToken) =>
        RunAsync(work, isWrite: false, cancellationToken);

    /// <summary>Runs a call that writes. An <see cref="OperationCanceledException"/> means that it has written nothing.</summary>
    public Task<T> WriteAsync<T>(Func<DatabaseCall, Task<T>> work, CancellationToken cancellationToken) =>
        RunAsync(work, isWrite: true, cancellationToken);

    private async Task<T> RunAsync<T>(Func<DatabaseCall, Task<T>> work, bool isWrite, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();

        // A connection that opens in a TransactionScope becomes part of its transaction.
        using var outside = IsInTransaction()
            ? new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled)
            : null;
        DatabaseCall? call = null;
        try
        {
            if (!check.IsDone)
            {
                await check.RunAsync(source, cancellationToken).ConfigureAwait(false);
            }

            var own = await source.OpenAsync(cancellationToken).ConfigureAwait(false);
            await using var _ = own.ConfigureAwait(false);
            call = new DatabaseCall(own.Context, cancellationToken);
            var turns = isWrite ? SqliteTurns.Of(own.Context) : null;
            return turns is null
                ? await work(call).ConfigureAwait(false)
                : await RunInTurnAsync(turns, work, call).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is not SessionStoreException || call?.MayHaveWritten == true)
        {
            throw Refused(fault, call?.MayHaveWritten == true, cancellationToken);
        }
    }

    private static bool IsInTransaction()
    {
        try
        {
            return Transaction.Current is not null;
        }
        catch (InvalidOperationException)
        {
            // The scope is complete and not yet left.
            return true;
        }
    }

    private static async Task<T> RunInTurnAsync<T>(SemaphoreSlim turns, Func<DatabaseCall, Task<T>> work, DatabaseCall call)
    {
        await turns.WaitAsync(call.Token).ConfigureAwait(false);
        try
        {
            return await work(call).ConfigureAwait(false);
        }
        finally
        {
            turns.Release();
        }
    }

    private Exception Refused(Exception fault, bool mayHaveWritten, CancellationToken cancellationToken)
    {
        bool isUnknown = mayHaveWritten && EntityFrameworkFaults.MayHaveHappened(fault);

        // Some providers report their own exception for a call that was cancelled.
        if (cancellationToken.IsCancellationRequested && !isUnknown)
        {
            return new OperationCanceledException(cancellationToken);
        }

        if (EntityFrameworkFaults.IsAboutTables(fault))
        {
            check.Repeat();
        }

        return EntityFrameworkFaults.Refused(source.Name, fault, isUnknown);
    }
}
