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
/// <para>A read, a sign-in and a sign-out are one round trip each. The store connects at the first call, so the application starts while
/// the server is down. The first call creates and checks the table. The store works through a pooler in transaction mode, prepares its
/// statements where there is none, and takes no part in a transaction of the application.</para>
/// <para>A call that is cancelled is cancelled in the server too. While the server is down, calls fail at once. Expired sessions are
/// deleted by <see cref="DeleteExpiredAsync"/>, which the cleanup of <c>AddSactSession</c> calls; those of a newer format too, because
/// the deadline has a column.</para>
/// </remarks>
[DebuggerDisplay("PostgreSqlStore {Prefix}")]
public sealed class PostgreSqlStore : RecordStore, IExpiredSessionStore, ISessionEndSource, IDescribedStore, IStoreHealthSource,
    ISessionQueryStore, IAsyncDisposable, IDisposable
{
    private readonly PostgreSqlDatabase _database;
    private readonly PostgreSqlStatements _statements;
    private readonly PostgreSqlScan _scan;
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
        _scan = new PostgreSqlScan(_database, _statements, Prefix, Clock);
        Description = _database.Describe(options.Table);
    }

    /// <inheritdoc/>
    public StoreDescription Description { get; }

    /// <summary>One: the lock of the row makes the second attempt the last one.</summary>
    protected override int RacesBeforeRewrite => 1;

    /// <inheritdoc/>
    public override async ValueTask<long> ClearAsync(CancellationToken cancellationToken = default)
    {
        var end = Command(_statements.EndAll).Add(Prefix).Add(Clock.GetUtcNow());
        long ended = await CountEndedAsync(end, cancellationToken).ConfigureAwait(false);
        ReportEnded(null);
        return ended;
    }

    /// <inheritdoc/>
    public override async ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default)
    {
        var count = Command(_statements.Count).Add(Prefix).Add(Clock.GetUtcNow());
        return (long)(await _database.ReadAsync(count, cancellationToken).ConfigureAwait(false))[0][1];
    }

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
        var delete = Command(_statements.DeleteExpired).Add(Prefix).Add(DestructionTime).Add((long)batch).Add(Clock.GetUtcNow());
        object[] row = (await _database.WriteAsync(cancellationToken, delete).ConfigureAwait(false))[0][0];
        bool clocksDiffer = (bool)row[1];
        if (Interlocked.Exchange(ref _clocksDiffer, clocksDiffer ? 1 : 0) == 0 && clocksDiffer)
        {
            PostgreSqlLog.ClocksDiffer(Logger);
        }

        return (long)row[0];
    }

    /// <inheritdoc/>
    /// <remarks>
    /// It keeps one connection open, with <c>LISTEN sact_session_ended</c>. A pooler in transaction mode passes no notification on, so
    /// the store does not listen through one.
    /// </remarks>
    public IAsyncEnumerable<SessionKey?> ListenAsync(CancellationToken cancellationToken = default) =>
        _database.ListenAsync(Prefix, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>It reads a row, and the clock of the server. How far standbys lag is visible to members of <c>pg_monitor</c>.</remarks>
    public async ValueTask<StoreHealth> InspectAsync(CancellationToken cancellationToken = default)
    {
        await ReadAsync(GetSessionKey(CreateSessionId()), cancellationToken).ConfigureAwait(false);
        return PostgreSqlInspection.Judge(
            (await _database.ReadAsync(Command(PostgreSqlStatements.Inspect), cancellationToken).ConfigureAwait(false))[0]);
    }

    /// <summary>Closes the connections of the store. A data source of the application stays open.</summary>
    public void Dispose() => _database.Dispose();

    /// <summary>Closes the connections of the store. A data source of the application stays open.</summary>
    public ValueTask DisposeAsync() => _database.DisposeAsync();

    /// <inheritdoc/>
    protected override async ValueTask<StoredRecord> ReadAsync(SessionKey key, CancellationToken cancellationToken)
    {
        var read = Command(_statements.Read).Add(Prefix).Add(key.KeyPart);
        return Unpack(key, (await _database.ReadAsync(read, cancellationToken).ConfigureAwait(false))[0][1]);
    }

    /// <inheritdoc/>
    protected override async ValueTask<IReadOnlyDictionary<SessionKey, StoredRecord>> ReadManyAsync(
        IReadOnlyList<SessionKey> keys, CancellationToken cancellationToken)
    {
        var found = new Dictionary<SessionKey, StoredRecord>(keys.Count);
        var read = Command(_statements.ReadMany).Add(Prefix).Add(KeyParts(keys));
        foreach (object[] row in await _database.ReadAsync(read, cancellationToken).ConfigureAwait(false))
        {
            if (row[1] is string keyPart)
            {
                var key = KeyOf(keyPart);
                found[key] = Unpack(key, row[2]);
            }
        }

        return found;
    }

    /// <inheritdoc/>
    protected override async ValueTask<RecordAddition> AddAsync(
        SessionRecord session, RecordAdmission admission, CancellationToken cancellationToken)
    {
        bool capped = admission.Max > 0;
        var add = Command(capped ? _statements.AddUnderCap : _statements.Add)
            .Add(Prefix)
            .Add(session.Key.KeyPart)
            .Add(session.UserId)
            .Add(session.LineageHash.ToArray())
            .Add(session.CreatedAt)
            .Add((int)session.State)
            .Add(session.LastSeenAt)
            .Add(session.ExpiresAt)
            .Add(session.Version)
            .Add(session.Pack())
            .Add(admission.Now);

        // A statement does not see rows that were committed after it began. So another one reads the row in the way, in the same round
        // trip.
        var occupant = Command(_statements.ReadOccupant)
            .Add(Prefix)
            .Add(session.Key.KeyPart)
            .Add(admission.Now)
            .Add(session.LineageHash.ToArray());
        NpgsqlBatchCommand[] commands = capped
            ?
            [
                // A separate statement, so that the snapshot of the next one is taken after the lock is granted.
                Command(PostgreSqlStatements.Lock).Add(LockOf(session.UserId!)),
                add.Add(admission.Max)
                    .Add(KeyParts(admission.Candidates.Select(static marker => marker.Key)))
                    .Add(KeyParts(admission.Ignored))
                    .Add([.. admission.Candidates.Select(static marker => marker.Pack())]),
                occupant,
            ]
            : [add, occupant];
        var answers = await _database.WriteAsync(cancellationToken, commands).ConfigureAwait(false);
        return answers[^2].Exists(static row => row[0] is DBNull)
            ? RecordAddition.Added([.. answers[^2].Select(row => row[0]).OfType<string>().Select(KeyOf)])
            : answers[^1] is [var found] ? RecordAddition.Occupied(Unpack(session.Key, found[0])) : RecordAddition.Full;
    }

    /// <inheritdoc/>
    protected override async ValueTask<StoredRecord?> ReplaceAsync(
        SessionRecord expected, SessionRecord replacement, CancellationToken cancellationToken)
    {
        var key = expected.Key;
        var replace = Replacing(_statements.Replace, replacement).Add(expected.Version).Add(expected.Pack());

        // The row that makes the first statement fail may have been committed after that one began.
        var readOther = Command(_statements.ReadOther)
            .Add(Prefix)
            .Add(key.KeyPart)
            .Add(expected.LineageHash.ToArray())
            .Add(replacement.Version)
            .Add(replacement.Pack());
        var answers = await _database.WriteAsync(
            cancellationToken, [replace, readOther, .. ReportIfReplaced(expected, replacement)]).ConfigureAwait(false);
        return answers[0].Count > 0 ? null : UnpackOnly(key, answers[1]);
    }

    /// <inheritdoc/>
    protected override async ValueTask RewriteAsync(
        SessionKey key, Func<StoredRecord, SessionRecord?> rewrite, CancellationToken cancellationToken) =>
        await _database.RewriteAsync(
            Command(_statements.ReadLocked).Add(Prefix).Add(key.KeyPart),
            locked =>
            {
                var stored = UnpackOnly(key, locked);
                return rewrite(stored) is { } replacement
                    ? [Replacing(_statements.ReplaceLocked, replacement), .. ReportIfReplaced(stored.Record, replacement)]
                    : [];
            },
            cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// No, if the write was given up or timed out: a commit whose wait is cancelled is visible here and may lack its synchronous standby.
    /// </summary>
    /// <inheritdoc/>
    protected override bool IsSettledByRead(SessionStoreException exception) =>
        exception.InnerException is { } cause
        && cause is not (TimeoutException or { InnerException: TimeoutException } or PostgresException);

    /// <inheritdoc/>
    protected override async ValueTask<StoredRecord> MarkEndedAsync(
        SessionRecord session, EndedMarker marker, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(marker);
        var mark = Command(_statements.MarkEnded)
            .Add(Prefix)
            .Add(session.Key.KeyPart)
            .Add(session.LineageHash.ToArray())
            .Add(marker.EndedAt)
            .Add(marker.Pack());
        return UnpackOnly(session.Key, (await _database.WriteAsync(cancellationToken, mark).ConfigureAwait(false))[0]);
    }

    /// <inheritdoc/>
    protected override async ValueTask<long> MarkUserEndedAsync(
        string userId, IReadOnlyList<EndedMarker> markers, CancellationToken cancellationToken)
    {
        var mark = Command(_statements.MarkUserEnded)
            .Add(Prefix)
            .Add(userId)
            .Add(KeyParts(markers.Select(static marker => marker.Key)))
            .Add([.. markers.Select(static marker => marker.Pack())])
            .Add(Clock.GetUtcNow());
        return await CountEndedAsync(mark, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async IAsyncEnumerable<KeyValuePair<SessionKey, StoredRecord>> ReadUserAsync(
        string userId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var read = Command(_statements.ReadUser).Add(Prefix).Add(userId);
        foreach (object[] row in await _database.ReadAsync(read, cancellationToken).ConfigureAwait(false))
        {
            if (row[1] is not string keyPart)
            {
                // The user has no sessions.
                yield break;
            }

            if (SessionKey.TryParse($"{Prefix}:{keyPart}", null, out var key))
            {
                yield return new(key, Unpack(key, row[2]));
            }
            else
            {
                LogUnreadable(null, new FormatException("The key of the row is no session key."));
            }
        }
    }

    [SuppressMessage("Security", "CA2100", Justification = "The text is that of the package, and every value is a parameter.")]
    private static NpgsqlBatchCommand Command(string sql) => new(sql);

    /// <summary>Reports to other nodes that an id was replaced at once. It is sent only if the transaction commits.</summary>
    private static NpgsqlBatchCommand[] ReportIfReplaced(SessionRecord? before, SessionRecord after) =>
        before?.Generation == after.Generation ? [] : [Command(PostgreSqlStatements.Report).Add(after.Key.ToString())];

    private static string KeyParts(IEnumerable<SessionKey> keys) => string.Join(',', keys.Select(static key => key.KeyPart));

    private static StoredRecord Unpack(SessionKey key, object packed) =>
        packed is byte[] bytes ? StoredRecord.Unpack(key, bytes) : default;

    /// <summary>The record of the one row, or nothing.</summary>
    private static StoredRecord UnpackOnly(SessionKey key, List<object[]> rows) => rows is [var row] ? Unpack(key, row[0]) : default;

    private SessionKey KeyOf(string keyPart) => SessionKey.Parse($"{Prefix}:{keyPart}");

    private NpgsqlBatchCommand Replacing(string sql, SessionRecord replacement) => Command(sql)
        .Add(Prefix)
        .Add(replacement.Key.KeyPart)
        .Add((int)replacement.State)
        .Add(replacement.LastSeenAt)
        .Add(replacement.ExpiresAt)
        .Add(replacement.Version)
        .Add(replacement.Pack());

    /// <summary>
    /// The lock that sign-ins of one user take in turn, so that each counts the one before. Two users may share one by chance, and then
    /// wait for each other.
    /// </summary>
    private long LockOf(string userId) =>
        BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(Prefix + "\0" + userId)));

    private async ValueTask<long> CountEndedAsync(NpgsqlBatchCommand end, CancellationToken cancellationToken) =>
        (long)(await _database.WriteAsync(cancellationToken, end).ConfigureAwait(false))[0][0][0];
}
