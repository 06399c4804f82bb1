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
/// writer. A row is the packed record, and the few columns by which SQLite finds and compares it. The constructor creates the file and
/// its table, so that a wrong path is an error at start-up; on Unix only the owner may read and write a file that it creates.
/// <see cref="DeleteExpiredAsync"/>, which the cleanup of <c>AddSactSession</c> calls, destroys expired sessions, those of a newer format
/// too.
/// </remarks>
[DebuggerDisplay("SqliteStore {Prefix}")]
public sealed partial class SqliteStore : RecordStore, IExpiredSessionStore, ISessionEndSource, IDescribedStore, IStoreHealthSource,
    ISessionQueryStore, IDisposable
{
    private readonly SqliteSchema _schema;
    private readonly SqliteDatabase _database;
    private readonly SqliteScan _scan;

    /// <summary>Opens the file. Creates it and its table if they are missing.</summary>
    /// <param name="options">The connection string, the table and the rest.</param>
    /// <exception cref="ArgumentException">An option breaks its rule. The message does not repeat the connection string.</exception>
    /// <exception cref="SessionStoreException">
    /// The file cannot be opened, is no database, or has a table of another shape or version. The message names the file and the setting.
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
        _scan = new SqliteScan(_database, _schema, Prefix, Clock);
        Description = new StoreDescription("sqlite") { Collection = options.Table };
        if (_database.IsReadOnly)
        {
            SqliteLog.ReadOnly(Logger, _database.Name);
        }
    }

    /// <inheritdoc/>
    public StoreDescription Description { get; }

    private long Now => Clock.GetUtcNow().ToUnixTimeMilliseconds();

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
                writer => CountLive(
                    writer.Command(_schema.DeleteSome).Set("$prefix", Prefix).Set("$last", last).Set("$batch", Batch)),
                cancellationToken).ConfigureAwait(false);
            live += batch.Live;
            if (batch.All < Batch)
            {
                ReportEnded(null);
                return live;
            }
        }
    }

    /// <inheritdoc/>
    public override ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default) => _database.ReadAsync(
        _schema.Count,
        command => command.Set("$prefix", Prefix).Set("$now", Now),
        static rows => rows.Read() ? rows.GetInt64(0) : 0,
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<SessionPage> QueryAsync(SessionQuery query, CancellationToken cancellationToken = default) =>
        QueryAsync(query, _scan.RunAsync, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<SessionCounts> CountByStateAsync(CancellationToken cancellationToken = default) =>
        _scan.CountAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<long> DeleteExpiredAsync(int batch, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        long until = (DestructionTime - SessionRecord.SkewMargin).ToUnixTimeMilliseconds();
        return await _database.WriteAsync(
            writer => (long)writer.Command(_schema.DeleteExpired)
                .Set("$prefix", Prefix).Set("$now", until).Set("$batch", batch).ExecuteNonQuery(),
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Ten times a second it looks at the data version of the file, which costs no read of the file. When somebody has written, it
    /// reads the markers of the last seconds. It does not see an id that was replaced at once, nor <see cref="ClearAsync"/>: those are
    /// seen by polling. A database in memory has no other process.
    /// </remarks>
    public IAsyncEnumerable<SessionKey?> ListenAsync(CancellationToken cancellationToken = default) =>
        new SqliteEndings(_database, _schema.SelectEnded, Prefix, Clock).ListenAsync(cancellationToken);

    /// <inheritdoc/>
    /// <remarks>It reads a row and the settings of the file. It warns if the disk has less than 64 MiB left.</remarks>
    public async ValueTask<StoreHealth> InspectAsync(CancellationToken cancellationToken = default)
    {
        await ReadAsync(GetSessionKey(CreateSessionId()), cancellationToken).ConfigureAwait(false);
        return await SqliteInspection.RunAsync(_database, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lets the waiting writes finish, and closes the file. A connection of the application stays open.</summary>
    public void Dispose() => _database.Dispose();

    /// <inheritdoc/>
    protected override ValueTask<StoredRecord> ReadAsync(SessionKey key, CancellationToken cancellationToken)
    {
        string name = key.ToString();
        return _database.ReadAsync(
            _schema.Select,
            command => command.Set("$session_key", name),
            rows => rows.Read() ? rows.Stored(key, 0) : default,
            cancellationToken);
    }

    /// <inheritdoc/>
    protected override ValueTask<RecordAddition> AddAsync(
        SessionRecord session, RecordAdmission admission, CancellationToken cancellationToken)
    {
        byte[] packed = session.Pack();
        return _database.WriteAsync(writer => Add(writer, session, packed, admission), cancellationToken);
    }

    /// <inheritdoc/>
    protected override ValueTask<StoredRecord?> ReplaceAsync(
        SessionRecord expected, SessionRecord replacement, CancellationToken cancellationToken)
    {
        byte[] before = expected.Pack();
        byte[] after = replacement.Pack();
        return _database.WriteAsync<StoredRecord?>(
            writer =>
            {
                var command = writer.Command(_schema.Replace)
                    .Set("$session_key", expected.Key.ToString())
                    .Set("$expected", before)
                    .SetState(replacement, after);
                return command.ExecuteNonQuery() == 0 ? Stored(writer, expected.Key) : null;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    protected override ValueTask<StoredRecord> MarkEndedAsync(
        SessionRecord session, EndedMarker marker, CancellationToken cancellationToken)
    {
        byte[] packed = marker.Pack();
        return _database.WriteAsync(
            writer =>
            {
                var stored = writer.Command(_schema.SelectOfLineage)
                    .Set("$session_key", session.Key.ToString())
                    .Set("$lineage", session.LineageHash.ToArray())
                    .RunForRecord(session.Key);
                if (!stored.Exists || stored.IsEnded)
                {
                    return default;
                }

                MarkEnded(writer, marker, packed);
                return stored;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    protected override ValueTask<long> MarkUserEndedAsync(
        string userId, IReadOnlyList<EndedMarker> markers, CancellationToken cancellationToken)
    {
        var packed = markers.Select(static marker => (marker, marker.Pack())).ToList();
        return _database.WriteAsync(
            writer =>
            {
                long now = Now, live = 0;
                foreach (var (marker, bytes) in packed)
                {
                    var find = Of(userId, writer.Command(_schema.SelectDeadline)).Set("$session_key", marker.Key.ToString());
                    if (find.ExecuteScalar() is long deadline)
                    {
                        MarkEnded(writer, marker, bytes);
                        live += deadline > now ? 1 : 0;
                    }
                }

                return live;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    protected override async IAsyncEnumerable<KeyValuePair<SessionKey, StoredRecord>> ReadUserAsync(
        string userId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var found = await _database.ReadAsync(
            _schema.SelectOfUser,
            command => Of(userId, command),
            rows => ReadAll(rows, key => KeyValuePair.Create(key, rows.Stored(key, 1))),
            cancellationToken).ConfigureAwait(false);
        foreach (var session in found)
        {
            yield return session;
        }
    }

    private RecordAddition Add(SqliteWriter writer, SessionRecord session, byte[] packed, RecordAdmission admission)
    {
        if (MakeRoom(writer, session, admission) is not { } ended)
        {
            var own = Stored(writer, session.Key);
            return own.IsOccupiedFor(session, admission.Now) ? RecordAddition.Occupied(own) : RecordAddition.Full;
        }

        var insert = writer.Command(_schema.Insert).SetRow(session, packed);
        if (insert.ExecuteNonQuery() == 0)
        {
            var occupant = Stored(writer, session.Key);
            if (occupant.IsOccupiedFor(session, admission.Now))
            {
                return RecordAddition.Occupied(occupant);
            }

            Delete(writer, session.Key);
            insert.ExecuteNonQuery();
        }

        ended.ForEach(marker => MarkEnded(writer, marker, marker.Pack()));
        return RecordAddition.Added([.. ended.Select(static marker => marker.Key)]);
    }

    /// <summary>Which candidates must end; null if they are too few. Nothing is written.</summary>
    private List<EndedMarker>? MakeRoom(SqliteWriter writer, SessionRecord session, RecordAdmission admission)
    {
        if (admission.Max == 0)
        {
            return [];
        }

        HashSet<SessionKey> live;
        var command = Of(session.UserId!, writer.Command(_schema.SelectKeysOfUser)).Set("$now", admission.Now.ToUnixTimeMilliseconds());
        using (var rows = command.ExecuteReader())
        {
            live = [.. ReadAll(rows, static key => key)];
        }

        if (live.Contains(session.Key))
        {
            // It is occupied, perhaps by this very creation.
            return [];
        }

        live.ExceptWith(admission.Ignored);
        int excess = Math.Max(0, live.Count + 1 - admission.Max);
        var ended = admission.Candidates.Where(marker => live.Contains(marker.Key)).Take(excess).ToList();
        return ended.Count == excess ? ended : null;
    }

    private void MarkEnded(SqliteWriter writer, EndedMarker marker, byte[] packed) =>
        writer.Command(_schema.MarkEnded).SetMarker(marker, packed).ExecuteNonQuery();

    private void Delete(SqliteWriter writer, SessionKey key) =>
        writer.Command(_schema.Delete).Set("$session_key", key.ToString()).ExecuteNonQuery();

    private StoredRecord Stored(SqliteWriter writer, SessionKey key) =>
        writer.Command(_schema.Select).Set("$session_key", key.ToString()).RunForRecord(key);

    /// <summary>Reads the rows of a user. One whose key is no key of this store names no session, whoever wrote it.</summary>
    private List<T> ReadAll<T>(SqliteDataReader rows, Func<SessionKey, T> read)
    {
        var found = new List<T>();
        while (rows.Read())
        {
            if (SessionKey.TryParse(rows.GetValue(0) as string, null, out var key) && Owns(key))
            {
                found.Add(read(key));
            }
            else
            {
                LogUnreadable(null, new FormatException("The key of a row is no session key of this store."));
            }
        }

        return found;
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

    private SqliteCommand Of(string userId, SqliteCommand command) => command.Set("$prefix", Prefix).Set("$user_id", userId);
}
