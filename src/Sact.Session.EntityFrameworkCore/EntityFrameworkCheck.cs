using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Sact.Session;

/// <summary>
/// Checks once that sessions can be kept: the registration and the model without the database, and the tables by a row that is rolled
/// back. Each message says what to do.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore without a wait handle holds nothing to dispose of.")]
internal sealed class EntityFrameworkCheck
{
    private readonly SemaphoreSlim _running = new(1, 1);
    private volatile bool _isDone;

    /// <summary>Whether the last check found no error.</summary>
    public bool IsDone => _isDone;

    /// <summary>Makes the next call check again, for example because a table was dropped.</summary>
    public void Repeat() => _isDone = false;

    /// <summary>Checks everything.</summary>
    /// <exception cref="DatabaseDownException">There is no connection to the database.</exception>
    /// <exception cref="SessionStoreException">Sessions cannot be kept in this database.</exception>
    public async Task RunAsync(IContextSource source, CancellationToken cancellationToken)
    {
        await _running.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_isDone)
            {
                await CheckModelAsync(source, cancellationToken).ConfigureAwait(false);
                await CheckTablesAsync(source, cancellationToken).ConfigureAwait(false);
                _isDone = true;
            }
        }
        finally
        {
            _running.Release();
        }
    }

    /// <summary>Checks what needs no database.</summary>
    /// <exception cref="SessionStoreException">The registration or the model of the context is not valid.</exception>
    public static async Task CheckModelAsync(IContextSource source, CancellationToken cancellationToken)
    {
        var first = await source.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = first.ConfigureAwait(false);
        var second = await source.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = second.ConfigureAwait(false);
        if (ModelFault(source.Name, first.Context, second.Context) is { } fault)
        {
            throw new SessionStoreException(fault);
        }
    }

    private static string? ModelFault(string name, DbContext context, DbContext other) =>
        ReferenceEquals(context, other)
            ? $"The context {name} is registered as a singleton, so the store has none of its own. Register it with "
                + $"AddDbContext<{name}>(…) without a lifetime, or with AddDbContextFactory<{name}>(…)."
        : !context.Database.IsRelational()
            ? $"The provider {context.Database.ProviderName} of the context {name} is not relational. Sessions need ExecuteUpdate, "
                + "transactions and unique keys. Use a relational provider, in tests for example SQLite; or keep the sessions of a test in "
                + "memory: leave UseEntityFrameworkStore out."
        : context.Model.FindEntityType(typeof(SessionRow)) is null || context.Model.FindEntityType(typeof(SessionLockRow)) is null
            ? $"The model of the context {name} has no sessions. Call modelBuilder.AddSactSessions() in its OnModelCreating. Then add a "
                + "migration, dotnet ef migrations add AddSactSessions, and apply it, dotnet ef database update."
        : ReferenceEquals(context.Database.GetDbConnection(), other.Database.GetDbConnection())
            ? $"All contexts {name} share one connection object, so a session could become part of the application's transaction. Give the "
                + "provider a connection string or a data source. For SQLite in memory: Data Source=app;Mode=Memory;Cache=Shared."
        : null;

    private static async Task CheckTablesAsync(IContextSource source, CancellationToken cancellationToken)
    {
        var own = await source.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = own.ConfigureAwait(false);
        var context = own.Context;
        await OpenConnectionAsync(source.Name, context, cancellationToken).ConfigureAwait(false);
        try
        {
            var call = new DatabaseCall(context, cancellationToken);
            bool areApart = await call.TransactAsync(
                async () => (await KeepsKeysApartAsync(call).ConfigureAwait(false), false)).ConfigureAwait(false);
            if (!areApart)
            {
                throw new SessionStoreException(
                    $"The database of the context {source.Name} compares keys of sessions or user ids without regard to case or trailing "
                    + "spaces, so one user could be taken for another. Keep the columns Prefix, KeyPart and UserId binary, as "
                    + "modelBuilder.AddSactSessions() makes them: remove conversions and collations of your own, and add a migration.");
            }
        }
        catch (Exception fault) when (fault is not (SessionStoreException or OperationCanceledException))
        {
            // Only values of this check are in the statements, so the provider's message quotes no user.
            throw new SessionStoreException(
                $"The tables of the sessions cannot be used in the database of the context {source.Name}: "
                + $"{(fault.InnerException ?? fault).Message} "
                + await WhatToDoAsync(context, cancellationToken).ConfigureAwait(false),
                fault);
        }
    }

    private static async Task OpenConnectionAsync(string name, DbContext context, CancellationToken cancellationToken)
    {
        try
        {
            await context.Database.CreateExecutionStrategy()
                .ExecuteAsync(context.Database.OpenConnectionAsync, cancellationToken).ConfigureAwait(false);
        }
        catch (DbException fault) when (fault.SqlState == "3D000")
        {
            throw new SessionStoreException(
                $"The database of the context {name} does not exist. Create it and its tables: dotnet ef database update.", fault);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            throw new DatabaseDownException(
                $"No connection to the database of the context {name} for sessions: {EntityFrameworkFaults.CauseOf(fault)} "
                + "Check its connection string, the server and the network.",
                fault);
        }
    }

    /// <summary>Writes rows of which the transaction keeps nothing, and looks for them under their keys and similar ones.</summary>
    private static async Task<bool> KeepsKeysApartAsync(DatabaseCall call)
    {
        // No store has a prefix with upper case, so nobody else sees the row or has its key.
        string random = Convert.ToHexString(RandomNumberGenerator.GetBytes(11)), keyPart = "aB" + random, userId = "user-" + random;
        string otherKey = keyPart.ToLowerInvariant(), otherUser = userId.ToLowerInvariant(), longerUser = userId + " ";
        var row = new SessionRow
        {
            Prefix = "CHECK",
            KeyPart = keyPart,
            UserId = userId,
            LineageHash = new byte[SecretHash.Size],
            Record = Encoding.ASCII.GetBytes(random),
        };
        await new RowInsert<SessionRow>().RunAsync(call.Context, row, call.Token).ConfigureAwait(false);
        await new RowInsert<SessionLockRow>().RunAsync(
            call.Context, new SessionLockRow { Id = RandomNumberGenerator.GetBytes(32) }, call.Token).ConfigureAwait(false);
        var found = await call.Sessions
            .Where(session => (session.Prefix == row.Prefix && (session.KeyPart == keyPart || session.KeyPart == otherKey))
                || (session.Prefix == "check" && session.KeyPart == keyPart))
            .Where(session => session.UserId == userId)
            .Select(session => new
            {
                session.Record,
                IsConfused = session.KeyPart == otherKey || session.Prefix == "check"
                    || session.UserId == otherUser || session.UserId == longerUser,
            })
            .ToListAsync(call.Token).ConfigureAwait(false);
        return found is [{ IsConfused: false } only] && only.Record.AsSpan().SequenceEqual(row.Record);
    }

    private static async Task<string> WhatToDoAsync(DbContext context, CancellationToken cancellationToken)
    {
        string[] pending = [];
        try
        {
            pending = [.. await context.Database.GetPendingMigrationsAsync(cancellationToken).ConfigureAwait(false)];
        }
        catch (Exception fault) when (fault is DbException or InvalidOperationException or RetryLimitExceededException)
        {
            // The database did not answer; what follows is valid all the same.
        }

        return pending.Length > 0
            ? $"Migrations are pending: {string.Join(", ", pending)}. Apply them: dotnet ef database update."
            : "No migration is pending. Add one, dotnet ef migrations add AddSactSessions, and apply it, dotnet ef database update.";
    }
}
