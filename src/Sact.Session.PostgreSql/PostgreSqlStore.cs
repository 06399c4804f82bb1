using System.Buffers.Binary;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Sact.Session;

/// <summary>
/// Keeps sessions in PostgreSQL (14 or newer): the store for several nodes. Durability class: an acknowledged sign-in or sign-out survives whatever the server's own commits survive;
/// <c>synchronous_commit</c> is on for them, and a standby is refused.
/// </summary>
/// <remarks>
/// One round trip per call. Nothing is connected to when the store is made: the application starts while the server is down, and the table is made and checked at first use. It works through a pooler in
/// transaction mode. Expired sessions are destroyed by <see cref="DeleteExpiredAsync"/>, which the sweeper of <c>AddSactSession</c> calls; the deadline has a column of its
/// own, so those of a newer format too.
/// </remarks>
[DebuggerDisplay("PostgreSqlStore {Prefix}")]
public sealed partial class PostgreSqlStore : GenericStore, IExpiredSessionStore, IAsyncDisposable, IDisposable
{
    private readonly PostgreSqlDatabase _database;
    private readonly PostgreSqlStatements _statements;
    private int _clocksDiffer;

    /// <summary>Makes a store; connects to nothing yet.</summary>
    /// <param name="options">Connection string or data source, table and the rest.</param>
    /// <exception cref="ArgumentException">An option breaks its rule; no message repeats the connection string.</exception>
    public PostgreSqlStore(PostgreSqlStoreOptions options)
        : base(options)
    {
        var schema = new PostgreSqlSchema(options);
        _statements = new PostgreSqlStatements(schema.Table);
        _database = new PostgreSqlDatabase(options, schema);
    }

    private long Now => Clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public override async ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        if (!Owns(key))
        {
            return null;
        }

        var found = await _database.ReadAsync([Command(_statements.Select).Add(Prefix).Add(key.KeyPart)], ReadOneAsync, cancellationToken).ConfigureAwait(false);
        return found is { } record && record.IsLive(Clock.GetUtcNow()) ? record : null;
    }

    /// <inheritdoc/>
    public override async ValueTask<SessionCreation> CreateAsync(SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default)
    {
        ThrowIfNotCreatable(session);
        var now = Clock.GetUtcNow();
        long milliseconds = now.ToUnixTimeMilliseconds();
        bool capped = cap is not null && session.UserId is not null;

        // A statement does not see rows that came after it began, so what stands in the way is read by one more, in the same round trip.
        var stands = Command(_statements.Select).Add(Prefix).Add(session.Key.KeyPart);
        NpgsqlBatchCommand[] commands = capped
            ?
            [
                // A statement of its own, so that the snapshot of the next is from after the lock was had.
                Command("SELECT pg_advisory_xact_lock($1)").Add(LockOf(session.UserId!)),
                Command(_statements.InsertUnderCap).Add(session).Add(milliseconds).Add(cap!.Max).Add((int)cap.Policy).Add(Before(now - SessionCap.UnpresentedAge)),
                stands,
            ]
            : [Command(_statements.Insert).Add(session).Add(milliseconds), stands];
        return await _database.WriteAsync(
            commands,
            async (reader, token) =>
            {
                if (capped)
                {
                    await reader.NextResultAsync(token).ConfigureAwait(false);
                }

                bool made = false;
                int newer = 0;
                var ended = new List<SessionKey>();
                while (await reader.ReadAsync(token).ConfigureAwait(false))
                {
                    if (reader.GetBoolean(0))
                    {
                        made = true;
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

                if (made)
                {
                    return SessionCreation.Created(ended);
                }

                await reader.NextResultAsync(token).ConfigureAwait(false);
                bool there = await reader.ReadAsync(token).ConfigureAwait(false) && !reader.IsDBNull(1);
                var stored = there ? ReadOrSkip(reader) : null;
                if (stored?.IsLive(now) == true && stored.IsSameCreation(session))
                {
                    return SessionCreation.Created();
                }

                bool free = !there || stored?.IsLive(now) == false;
                return free && (cap?.Policy == SessionCapPolicy.Refuse || (newer > 0 && cap!.ChooseEnded([], newer, now) is null)) ? SessionCreation.CapReached : SessionCreation.Exists;
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask<SessionUpdate> UpdateAsync(SessionRecord session, SessionChange change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(change);
        if (change.Raise is not null && change.Renewal is not { Kind: SessionRenewalKind.Replace })
        {
            throw new ArgumentException("A raised level comes with a new id at once: add a renewal of the kind Replace.", nameof(change));
        }

        return Owns(session.Key)
            ? await _database.WriteAsync([Bind(Command(_statements.Update), session, change)], ReadUpdateAsync, cancellationToken).ConfigureAwait(false)
            : SessionUpdate.Gone;
    }

    /// <inheritdoc/>
    public override async ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        return Owns(session.Key)
            && await EndAsync(Command(_statements.Delete).Add(Prefix).Add(session.Key.KeyPart).Add(session.LineageHash.ToArray()).Add(Now), cancellationToken).ConfigureAwait(false) > 0;
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<SessionRecord> GetActiveSessionsAsync(string userId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ThrowIfBadUserId(userId);
        var records = await _database.ReadAsync([Command(_statements.SelectOfUser).Add(Prefix).Add(userId).Add(Now)], ReadAllAsync, cancellationToken).ConfigureAwait(false);
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
    public override async ValueTask<long> DeleteActiveSessionsAsync(string userId, SessionKey? except = null, CancellationToken cancellationToken = default)
    {
        ThrowIfBadUserId(userId);
        string? kept = except is { } key && Owns(key) ? key.KeyPart : null;
        return await EndAsync(Command(_statements.DeleteOfUser).Add(Prefix).Add(userId).Add(kept).Add(Now), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask<long> ClearAsync(CancellationToken cancellationToken = default) =>
        await EndAsync(Command(_statements.DeleteAll).Add(Prefix).Add(Now), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default) => await _database.ReadAsync(
        [Command(_statements.Count).Add(Prefix).Add(Now)],
        static async (reader, token) =>
        {
            await reader.ReadAsync(token).ConfigureAwait(false);
            RefuseStandby(reader);
            return reader.GetInt64(1);
        },
        cancellationToken).ConfigureAwait(false);

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

    /// <summary>Closes the store's connections; a data source of the application's own stays as it is.</summary>
    public void Dispose() => _database.Dispose();

    /// <summary>Closes the store's connections; a data source of the application's own stays as it is.</summary>
    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [SuppressMessage("Security", "CA2100:Review SQL queries for security vulnerabilities", Justification = "The text is the package's own; every value is a parameter.")]
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

    /// <summary>What sign-ins of one user wait for in turn, so that each counts the one before. Another user's sessions may share it, and then wait too.</summary>
    private long LockOf(string userId) => BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(Prefix + "\0" + userId)));

    private Task<long> EndAsync(NpgsqlBatchCommand deletion, CancellationToken cancellationToken) => _database.WriteAsync(
        [deletion],
        static async (reader, token) =>
        {
            await reader.ReadAsync(token).ConfigureAwait(false);
            return reader.GetInt64(0);
        },
        cancellationToken);
}
