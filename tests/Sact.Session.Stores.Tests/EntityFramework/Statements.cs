using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Sact.Session.Stores.Tests.EntityFramework;

/// <summary>The fault of a provider that Entity Framework Core calls transient in these tests.</summary>
internal sealed class LostAnswerException(string message) : DbException(message)
{
    public override bool IsTransient => true;
}

/// <summary>What was sent to the database, and answers that get lost after the database has acted.</summary>
internal sealed class Statements : DbCommandInterceptor
{
    private readonly ConcurrentQueue<string> _sent = new();
    private string? _lost;

    /// <summary>Runs before each statement.</summary>
    public Func<string, Task>? Before { get; set; }

    public IReadOnlyList<string> Sent => [.. _sent];

    /// <summary>Loses the answer of the next statement that begins with these words.</summary>
    public void LoseNext(string beginning) => _lost = beginning;

    public void Clear() => _sent.Clear();

    public override async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command,
        CommandEventData eventData,
        InterceptionResult<DbDataReader> result,
        CancellationToken cancellationToken = default)
    {
        await NoteAsync(command);
        return result;
    }

    public override async ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        await NoteAsync(command);
        return result;
    }

    public override ValueTask<int> NonQueryExecutedAsync(
        DbCommand command, CommandExecutedEventData eventData, int result, CancellationToken cancellationToken = default) =>
        _lost is { } lost
        && command.CommandText.StartsWith(lost, StringComparison.Ordinal)
        && Interlocked.Exchange(ref _lost, null) is not null
            ? throw new LostAnswerException("The answer was lost.")
            : new(result);

    private Task NoteAsync(DbCommand command)
    {
        _sent.Enqueue(command.CommandText);
        return Before?.Invoke(command.CommandText) ?? Task.CompletedTask;
    }
}

/// <summary>Loses the answer of the next commit, after the database has committed.</summary>
internal sealed class LostCommit : DbTransactionInterceptor
{
    private int _isArmed;

    public void LoseNext() => _isArmed = 1;

    public override Task TransactionCommittedAsync(
        DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default) =>
        Interlocked.Exchange(ref _isArmed, 0) == 1 ? throw new LostAnswerException("The answer was lost.") : Task.CompletedTask;
}
