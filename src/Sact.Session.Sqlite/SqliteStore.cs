using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>
/// Keeps sessions in an SQLite file: the store for one machine, with one process or several, whose sessions outlive the process.
/// Durability class: with <see cref="SqliteDurability.Full"/> (default) an acknowledged sign-in or sign-out survives <c>kill -9</c> and
/// the loss of power.
/// </summary>
/// <remarks>
/// The file has a write-ahead log. One thread commits all waiting writes in one transaction. A read is one statement and waits for no
/// writer. The constructor creates the file and its table, so that a wrong path is an error at start-up; on Unix only the owner may
/// read and write a file that it creates. <see cref="DeleteExpiredAsync"/>, which the cleanup of <c>AddSactSession</c> calls, destroys
/// expired sessions, those of a newer format too.
/// </remarks>
[DebuggerDisplay("SqliteStore {Prefix}")]
public sealed partial class SqliteStore : GenericStore, IExpiredSessionStore, IDisposable
{
    private readonly SqliteSchema _schema;
    private readonly SqliteDatabase _database;

    /// <summary>Opens the file. Creates it and its table if they are missing.</summary>
    /// <param name="options">The connection string, the table and the rest.</param>
    /// <exception cref="ArgumentException">An option breaks its rule. The message does not repeat the connection string.</exception>
    /// <exception cref="SessionStoreException">
    /// The file cannot be opened, is no database, or has a table of another shape or a newer version. The message names the file and
    /// the setting.
    /// </exception>
    public SqliteStore(SqliteStoreOptions options)
        : base(options)
    {
        if (options.BusyTimeout < TimeSpan.FromMilliseconds(1) || options.BusyTimeout > TimeSpan.FromMinutes(1))
        {
            throw new ArgumentException(
                "BusyTimeout must be from 1 millisecond to 1 minute. Change SqliteStoreOptions.BusyTimeout.", nameof(options));
        }

        if (options.QueueCapacity < 1)
        {
            throw new ArgumentException("QueueCapacity must be at least 1. Change SqliteStoreOptions.QueueCapacity.", nameof(options));
        }

        if (!Enum.IsDefined(options.Durability))
        {
            throw new ArgumentException("Durability must be Full or Normal. Change SqliteStoreOptions.Durability.", nameof(options));
        }

        _schema = new SqliteSchema(options.Table);
        _database = new SqliteDatabase(options, _schema);
        if (_database.IsReadOnly)
        {
            SqliteLog.ReadOnly(Logger, _database.Name);
        }
    }

    private long Now => Clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public override ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        if (!Owns(key))
        {
            return new((SessionRecord?)null);
        }

        string name = key.ToString();
        return _database.ReadAsync(
            _schema.Select,
            command => SqliteRows.Set(command, "$session_key", name),
            rows => rows.Read() && ReadOrSkip(rows) is { } record && record.IsLive(Clock.GetUtcNow()) ? record : null,
            cancellationToken);
    }

    /// <inheritdoc/>
    public override async ValueTask<SessionCreation> CreateAsync(
        SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default)
    {
        ThrowIfNotCreatable(session);
        return await _database.WriteAsync(writer => Create(writer, session, cap), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask<SessionUpdate> UpdateAsync(
        SessionRecord session, SessionChange change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(change);
        return Owns(session.Key)
            ? await _database.WriteAsync(writer => Update(writer, session, change), cancellationToken).ConfigureAwait(false)
            : SessionUpdate.Gone;
    }

    /// <inheritdoc/>
    public override async ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        return Owns(session.Key) && await _database.WriteAsync(writer => Delete(writer, session), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<SessionRecord> GetActiveSessionsAsync(
        string userId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ThrowIfBadUserId(userId);
        var records = await _database.ReadAsync(
            _schema.SelectOfUser,
            command => BindUser(command, userId),
            rows => ReadAll(rows, out _),
            cancellationToken).ConfigureAwait(false);
        foreach (var record in records)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return record;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<long> DeleteActiveSessionsAsync(
        string userId, SessionKey? except = null, CancellationToken cancellationToken = default)
    {
        ThrowIfBadEnding(userId, except);
        return await _database.WriteAsync(
            writer =>
            {
                var command = writer.Command(_schema.DeleteOfUser);
                SqliteRows.Set(command, "$prefix", Prefix);
                SqliteRows.Set(command, "$user_id", userId);
                SqliteRows.Set(command, "$except", except?.ToString() ?? "");
                return CountLive(command).Live;
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask<long> ClearAsync(CancellationToken cancellationToken = default)
    {
        // In batches, so that other writes get their turn, and only of rows from before the call.
        const int Batch = 1000;
        long last = await _database.WriteAsync(
            writer => (long)writer.Command(_schema.LastRow).ExecuteScalar()!, cancellationToken).ConfigureAwait(false);
        for (long live = 0; ;)
        {
            var batch = await _database.WriteAsync(
                writer =>
                {
                    var command = writer.Command(_schema.DeleteSome);
                    SqliteRows.Set(command, "$prefix", Prefix);
                    SqliteRows.Set(command, "$last", last);
                    SqliteRows.Set(command, "$batch", Batch);
                    return CountLive(command);
                },
                cancellationToken).ConfigureAwait(false);
            live += batch.Live;
            if (batch.All < Batch)
            {
                return live;
            }
        }
    }

    /// <inheritdoc/>
    public override ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default) => _database.ReadAsync(
        _schema.Count,
        command =>
        {
            SqliteRows.Set(command, "$prefix", Prefix);
            SqliteRows.Set(command, "$now", Now);
        },
        static rows => rows.Read() ? rows.GetInt64(0) : 0,
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<long> DeleteExpiredAsync(int batch, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        if (DestructionTime is not { } now)
        {
            return 0;
        }

        long until = (now - SessionRecord.SkewMargin).ToUnixTimeMilliseconds();
        return await _database.WriteAsync(
            writer =>
            {
                var command = writer.Command(_schema.DeleteExpired);
                SqliteRows.Set(command, "$prefix", Prefix);
                SqliteRows.Set(command, "$now", until);
                SqliteRows.Set(command, "$batch", batch);
                return (long)command.ExecuteNonQuery();
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lets the waiting writes finish, and closes the file. A connection of the application stays open.</summary>
    public void Dispose() => _database.Dispose();

    private SessionCreation Create(SqliteWriter writer, SessionRecord session, SessionCap? cap)
    {
        var (exists, stored) = Stored(writer, session.Key);
        var now = Clock.GetUtcNow();
        if (exists && (stored is null || stored.IsLive(now)))
        {
            return stored?.IsSameCreation(session) == true ? SessionCreation.Created() : SessionCreation.Exists;
        }

        List<SessionRecord> ended = [];
        if (session.UserId is { } userId && cap is not null)
        {
            var select = writer.Command(_schema.SelectOfUser);
            BindUser(select, userId);
            using var rows = select.ExecuteReader();
            var live = ReadAll(rows, out int newer, countNewer: true);
            if (cap.ChooseEnded(live, newer, now) is not { } chosen)
            {
                return SessionCreation.CapReached;
            }

            ended.AddRange(chosen);
        }

        if (stored is not null)
        {
            Delete(writer, stored);
        }

        ended.ForEach(record => Delete(writer, record));
        var insert = writer.Command(_schema.Insert);
        SqliteRows.Bind(insert, session);
        insert.ExecuteNonQuery();
        return SessionCreation.Created([.. ended.Select(record => record.Key)]);
    }

    private SessionUpdate Update(SqliteWriter writer, SessionRecord session, SessionChange change)
    {
        if (Stored(writer, session.Key).Record is not { } stored || !stored.IsSameSession(session))
        {
            return SessionUpdate.Gone;
        }

        var outcome = stored.Apply(change, Clock.GetUtcNow());
        if (outcome is { Status: SessionUpdateStatus.Applied, Record: { } record } && !ReferenceEquals(record, stored))
        {
            var update = writer.Command(_schema.Update);
            SqliteRows.Bind(update, record);
            update.ExecuteNonQuery();
        }

        return outcome;
    }

    private bool Delete(SqliteWriter writer, SessionRecord session)
    {
        var command = writer.Command(_schema.Delete);
        SqliteRows.Set(command, "$session_key", session.Key.ToString());
        SqliteRows.Set(command, "$lineage", session.LineageHash.ToArray());
        return CountLive(command).Live > 0;
    }

    /// <summary>Whether there is a row under a key, and its record if it can be read.</summary>
    private (bool Exists, SessionRecord? Record) Stored(SqliteWriter writer, SessionKey key)
    {
        var command = writer.Command(_schema.Select);
        SqliteRows.Set(command, "$session_key", key.ToString());
        using var rows = command.ExecuteReader();
        return rows.Read() ? (true, ReadOrSkip(rows)) : (false, null);
    }

    private (long Live, long All) CountLive(SqliteCommand deletion)
    {
        long now = Now, live = 0, all = 0;
        using var rows = deletion.ExecuteReader();
        while (rows.Read())
        {
            all++;
            live += rows.GetInt64(0) > now ? 1 : 0;
        }

        return (live, all);
    }

    /// <summary>The live records. One of a newer format is a fault, or is counted apart.</summary>
    private List<SessionRecord> ReadAll(SqliteDataReader rows, out int newer, bool countNewer = false)
    {
        newer = 0;
        var records = new List<SessionRecord>();
        var now = Clock.GetUtcNow();
        while (rows.Read())
        {
            if (countNewer && SqliteRows.Format(rows) > SessionRecord.CurrentFormat)
            {
                newer++;
            }
            else if (ReadOrSkip(rows) is { } record && record.IsLive(now))
            {
                records.Add(record);
            }
        }

        return records;
    }

    /// <summary>An unreadable record is absent to this call, with one event. Other records are unaffected, and it is not deleted.</summary>
    private SessionRecord? ReadOrSkip(SqliteDataReader rows)
    {
        ThrowIfNewerFormat(SqliteRows.Format(rows));
        try
        {
            return SqliteRows.Read(rows);
        }
        catch (FormatException exception)
        {
            LogUnreadable(rows.GetValue(0) as string, exception);
            return null;
        }
    }

    private void BindUser(SqliteCommand command, string userId)
    {
        SqliteRows.Set(command, "$prefix", Prefix);
        SqliteRows.Set(command, "$user_id", userId);
        SqliteRows.Set(command, "$now", Now);
    }
}
