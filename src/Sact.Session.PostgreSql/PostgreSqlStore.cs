using System.Buffers.Binary;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Sact.Session;

/// <summary>
/// Keeps sessions in PostgreSQL (14 or newer), for any number of nodes. An acknowledged sign-in or sign-out survives what the commits of
/// the server survive: <c>synchronous_commit</c> is on for each write, and a standby is refused.
/// </summary>
/// <remarks>
/// <para>A call is one round trip. The store connects at the first call, so the application starts while the server is down. The first
/// call creates and checks the table. The store works through a pooler in transaction mode, and takes no part in a transaction of the
/// application.</para>
/// <para>A call that is cancelled is cancelled in the server too. While the server is down, calls fail at once. Expired sessions are
/// deleted by <see cref="DeleteExpiredAsync"/>, which the cleanup of <c>AddSactSession</c> calls; those of a newer format too, because
/// the deadline has a column.</para>
/// </remarks>
[DebuggerDisplay("PostgreSqlStore {Prefix}")]
public sealed partial class PostgreSqlStore : GenericStore, IExpiredSessionStore, IAsyncDisposable, IDisposable
{
    private readonly PostgreSqlDatabase _database;
    private readonly PostgreSqlStatements _statements;
    private int _clocksDiffer;

    /// <summary>Creates a store. It connects at the first call.</summary>
    /// <param name="options">The options: at least a connection string or a data source.</param>
    /// <exception cref="ArgumentException">An option is not valid. No message repeats a part of the connection string.</exception>
    public PostgreSqlStore(PostgreSqlStoreOptions options)
        : base(options)
    {
        var schema = new PostgreSqlSchema(options);
        _statements = new PostgreSqlStatements(schema.Table);
        _database = new PostgreSqlDatabase(options, schema, Logger);
    }

    private long Now => Clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public override async ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        if (!Owns(key))
        {
            return null;
        }

        NpgsqlBatchCommand[] select = [Command(_statements.Select).Add(Prefix).Add(key.KeyPart)];
        var found = await _database.ReadAsync(select, ReadOneAsync, cancellationToken).ConfigureAwait(false);
        return found is { } record && record.IsLive(Clock.GetUtcNow()) ? record : null;
    }

    /// <inheritdoc/>
    public override async ValueTask<SessionCreation> CreateAsync(
        SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default)
    {
        ThrowIfNotCreatable(session);
        var now = Clock.GetUtcNow();
        long milliseconds = now.ToUnixTimeMilliseconds();
        bool capped = cap is not null && session.UserId is not null;

        // A statement does not see rows that were committed after it began. So a second one reads the row in the way, in the same round
        // trip.
        var existing = Command(_statements.Select).Add(Prefix).Add(session.Key.KeyPart);
        NpgsqlBatchCommand[] commands = capped
            ?
            [
                // A separate statement, so that the snapshot of the next one is taken after the lock is granted.
                Command("SELECT pg_advisory_xact_lock($1)").Add(LockOf(session.UserId!)),
                Command(_statements.InsertUnderCap)
                    .Add(session)
                    .Add(milliseconds)
                    .Add(cap!.Max)
                    .Add((int)cap.Policy)
                    .Add(Before(now - SessionCap.UnpresentedAge)),
                existing,
            ]
            : [Command(_statements.Insert).Add(session).Add(milliseconds), existing];
        return await _database.WriteAsync(
            commands,
            async (reader, token) =>
            {
                if (capped)
                {
                    await reader.NextResultAsync(token).ConfigureAwait(false);
                }

                bool created = false;
                int newer = 0;
                var ended = new List<SessionKey>();
                while (await reader.ReadAsync(token).ConfigureAwait(false))
                {
                    if (reader.GetBoolean(0))
                    {
                        created = true;
                    }
                    else if (reader.IsDBNull(1))
                    {
                        newer = (int)reader.GetInt64(2);
                    }
                    else
                    {
                        ended.Add(SessionKey.Parse(Prefix + ":" + reader.GetString(1)));
                    }
                }

                if (created)
                {
                    return SessionCreation.Created(ended);
                }

                await reader.NextResultAsync(token).ConfigureAwait(false);
                bool exists = await reader.ReadAsync(token).ConfigureAwait(false) && !reader.IsDBNull(1);
                var stored = exists ? ReadOrSkip(reader) : null;
                if (stored?.IsLive(now) == true && stored.IsSameCreation(session))
                {
                    return SessionCreation.Created();
                }

                bool free = !exists || stored?.IsLive(now) == false;
                bool full = cap?.Policy == SessionCapPolicy.Refuse || (newer > 0 && cap!.ChooseEnded([], newer, now) is null);
                return free && full ? SessionCreation.CapReached : SessionCreation.Exists;
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask<SessionUpdate> UpdateAsync(
        SessionRecord session, SessionChange change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(change);
        if (change.Raise is not null && change.Renewal is not { Kind: SessionRenewalKind.Replace })
        {
            throw new ArgumentException(
                "A raised level needs a new id at once. Add a renewal of the kind Replace to the change.", nameof(change));
        }

        if (!Owns(session.Key))
        {
            return SessionUpdate.Gone;
        }

        NpgsqlBatchCommand[] update = [Bind(Command(_statements.Update), session, change)];
        return await _database.WriteAsync(update, ReadUpdateAsync, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        if (!Owns(session.Key))
        {
            return false;
        }

        var delete = Command(_statements.Delete).Add(Prefix).Add(session.Key.KeyPart).Add(session.LineageHash.ToArray()).Add(Now);
        return await EndAsync(delete, cancellationToken).ConfigureAwait(false) > 0;
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<SessionRecord> GetActiveSessionsAsync(
        string userId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ThrowIfBadUserId(userId);
        NpgsqlBatchCommand[] select = [Command(_statements.SelectOfUser).Add(Prefix).Add(userId).Add(Now)];
        var records = await _database.ReadAsync(select, ReadAllAsync, cancellationToken).ConfigureAwait(false);
        foreach (var record in records)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (record.IsLive(Clock.GetUtcNow()))
            {
                yield return record;
            }
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<long> DeleteActiveSessionsAsync(
        string userId, SessionKey? except = null, CancellationToken cancellationToken = default)
    {
        ThrowIfBadUserId(userId);
        string? kept = except is { } key && Owns(key) ? key.KeyPart : null;
        var delete = Command(_statements.DeleteOfUser).Add(Prefix).Add(userId).Add(kept).Add(Now);
        return await EndAsync(delete, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask<long> ClearAsync(CancellationToken cancellationToken = default) =>
        await EndAsync(Command(_statements.DeleteAll).Add(Prefix).Add(Now), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default)
    {
        NpgsqlBatchCommand[] count = [Command(_statements.Count).Add(Prefix).Add(Now)];
        return await _database.ReadAsync(
            count,
            async (reader, token) =>
            {
                await reader.ReadAsync(token).ConfigureAwait(false);
                RefuseStandby(reader);
                return reader.GetInt64(1);
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<long> DeleteExpiredAsync(int batch, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        if (DestructionTime is not { } now)
        {
            return 0;
        }

        var (destroyed, clocksDiffer) = await _database.WriteAsync(
            [Command(_statements.DeleteExpired).Add(Prefix).Add(now.ToUnixTimeMilliseconds()).Add((long)batch)],
            static async (reader, token) =>
            {
                await reader.ReadAsync(token).ConfigureAwait(false);
                return (reader.GetInt64(0), reader.GetBoolean(1));
            },
            cancellationToken).ConfigureAwait(false);
        if (Interlocked.Exchange(ref _clocksDiffer, clocksDiffer ? 1 : 0) == 0 && clocksDiffer)
        {
            PostgreSqlLog.ClocksDiffer(Logger);
        }

        return destroyed;
    }

    /// <summary>Closes the connections of the store. A data source of the application stays open.</summary>
    public void Dispose() => _database.Dispose();

    /// <summary>Closes the connections of the store. A data source of the application stays open.</summary>
    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [SuppressMessage("Security", "CA2100", Justification = "The text is that of the package, and every value is a parameter.")]
    private static NpgsqlBatchCommand Command(string sql) => new(sql);

    /// <summary>The first whole millisecond that is not before an instant.</summary>
    private static long Before(DateTimeOffset instant)
    {
        long milliseconds = instant.ToUnixTimeMilliseconds();
        return DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) < instant ? milliseconds + 1 : milliseconds;
    }

    private NpgsqlBatchCommand Bind(NpgsqlBatchCommand command, SessionRecord session, SessionChange change) => command
        .Add(Prefix)
        .Add(session.Key.KeyPart)
        .Add(session.LineageHash.ToArray())
        .Add(Now)
        .Add(change.Set is { Count: > 0 } set ? PostgreSqlFields.Write(set) : null)
        .Add(PostgreSqlFields.WriteNames(change.Remove))
        .Add(change.Generation)
        .Add(change.Condition?.Name)
        .Add(change.Condition?.Expected?.ToArray())
        .Add(change.MaxBytes)
        .Add(change.Touch?.SeenAt.ToUnixTimeMilliseconds())
        .Add(PostgreSqlRows.Write(change.Touch?.Client))
        .Add((int?)change.Renewal?.Kind)
        .Add(change.Renewal?.Hash.ToArray())
        .Add(change.Renewal?.At.ToUnixTimeMilliseconds())
        .Add(change.Renewal?.ExpectedCurrent?.ToArray())
        .Add(change.Renewal?.ExpectedPending?.ToArray())
        .Add(change.Raise?.Level)
        .Add(change.Raise?.AuthenticatedAt.ToUnixTimeMilliseconds())
        .Add(change.Raise?.SignsIn)
        .Add(Milliseconds(change.Raise?.Lifetimes?.IdleTimeout))
        .Add(Milliseconds(change.Raise?.Lifetimes?.FirstUseTimeout))
        .Add(Milliseconds(change.Raise?.Lifetimes?.AbsoluteTimeout))
        .Add(change.Raise?.IsPersistent);

    private static long? Milliseconds(TimeSpan? span) => span is { } some ? PostgreSqlRows.Milliseconds(some) : null;

    /// <summary>
    /// The lock that sign-ins of one user take in turn, so that each counts the one before. Two users may share one by chance, and then
    /// wait for each other.
    /// </summary>
    private long LockOf(string userId) =>
        BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(Prefix + "\0" + userId)));

    private Task<long> EndAsync(NpgsqlBatchCommand deletion, CancellationToken cancellationToken) => _database.WriteAsync(
        [deletion],
        static async (reader, token) =>
        {
            await reader.ReadAsync(token).ConfigureAwait(false);
            return reader.GetInt64(0);
        },
        cancellationToken);
}
