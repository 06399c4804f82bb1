using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;

namespace Sact.Session;

/// <summary>
/// Keeps sessions in the database of a <see cref="DbContext"/> of the application, for any number of nodes. The tables are part of its
/// model (<c>modelBuilder.AddSactSessions()</c>) and of its migrations. An acknowledged write survives what a commit of that database
/// survives.
/// </summary>
/// <remarks>
/// <para>Each call has a context of its own, from the application's <see cref="IDbContextFactory{TContext}"/> or from a new scope. It takes
/// part in no transaction of the application, and tracks nothing. A read is one round trip, a change one more.</para>
/// <para>The first call checks the model and the tables; with dependency injection the start of the host does. Expired sessions are
/// deleted by <see cref="DeleteExpiredAsync"/>, which the cleanup of <c>AddSactSession</c> calls.</para>
/// </remarks>
/// <typeparam name="TContext">The context of the application.</typeparam>
[DebuggerDisplay("EntityFrameworkStore {Prefix}")]
public sealed class EntityFrameworkStore<TContext>
    : RecordStore, IExpiredSessionStore, IDescribedStore, IStoreHealthSource, ISessionQueryStore, ICheckedAtStart
    where TContext : DbContext
{
    private const int RacesOfAnEnd = 3;

    private readonly IServiceProvider _services;
    private readonly ContextSource<TContext> _source;
    private readonly EntityFrameworkCheck _check = new();
    private readonly EntityFrameworkDatabase _database;
    private readonly SessionTable _table;
    private readonly SessionAdditions _additions;
    private readonly SessionCleanup _cleanup;
    private readonly SessionScan _scan;
    private readonly bool _checkAtStart;
    private int _clocksDiffer;

    /// <summary>Creates a store. It uses the database at the first call.</summary>
    /// <param name="services">The services of the application, where the context is registered.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentException">An option is not valid.</exception>
    public EntityFrameworkStore(IServiceProvider services, EntityFrameworkStoreOptions options)
        : base(options)
    {
        ArgumentNullException.ThrowIfNull(services);
        _services = services;
        _source = new ContextSource<TContext>(services);
        _database = new EntityFrameworkDatabase(_source, _check);
        _table = new SessionTable(Prefix);
        _additions = new SessionAdditions(_table, new SessionLocks(Prefix));
        _cleanup = new SessionCleanup(Prefix);
        _scan = new SessionScan(_database, Prefix, Clock);
        _checkAtStart = options.CheckAtStart;
    }

    /// <inheritdoc/>
    /// <remarks>The first call creates a context, whose provider says what the database is. It opens no connection.</remarks>
    public StoreDescription Description => field ??= StoreDescriber.Describe<TContext>(_services);

    /// <inheritdoc/>
    public override async ValueTask<long> ClearAsync(CancellationToken cancellationToken = default)
    {
        long now = Clock.GetUtcNow().ToUnixTimeMilliseconds();
        long ended = await _database.WriteAsync(
            async call =>
            {
                long live = await _table.ClearLiveAsync(call, now).ConfigureAwait(false);
                await _table.ClearRestAsync(call, now).ConfigureAwait(false);
                return live;
            },
            cancellationToken).ConfigureAwait(false);
        ReportEnded(null);
        return ended;
    }

    /// <inheritdoc/>
    public override async ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default)
    {
        long now = Clock.GetUtcNow().ToUnixTimeMilliseconds();
        return await _database.ReadAsync(call => _table.CountLiveAsync(call, now), cancellationToken).ConfigureAwait(false);
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
        var until = DestructionTime - SessionRecord.SkewMargin;
        long? deleted = await _database.WriteAsync(
            call => _cleanup.RunAsync(call, until, Clock.GetUtcNow(), batch), cancellationToken).ConfigureAwait(false);
        if (Interlocked.Exchange(ref _clocksDiffer, deleted is null ? 1 : 0) == 0 && deleted is null)
        {
            EntityFrameworkLog.ClocksDiffer(Logger);
        }

        return deleted ?? 0;
    }

    /// <inheritdoc/>
    /// <remarks>It reads a row, and the clock of the server if the table has a row.</remarks>
    public async ValueTask<StoreHealth> InspectAsync(CancellationToken cancellationToken = default)
    {
        var key = GetSessionKey(CreateSessionId());
        var time = await _database.ReadAsync(
            async call =>
            {
                await _table.ReadAsync(call, key).ConfigureAwait(false);
                return await _cleanup.ReadClockAsync(call).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        return new StoreHealth { StoreTime = time };
    }

    /// <inheritdoc/>
    async Task ICheckedAtStart.CheckAsync(CancellationToken cancellationToken)
    {
        await EntityFrameworkCheck.CheckModelAsync(_source, cancellationToken).ConfigureAwait(false);
        if (!_checkAtStart)
        {
            return;
        }

        try
        {
            await _database.ReadAsync(static _ => Task.FromResult(true), cancellationToken).ConfigureAwait(false);
        }
        catch (DatabaseDownException down)
        {
            EntityFrameworkLog.NotChecked(Logger, _source.Name, down);
        }
    }

    /// <inheritdoc/>
    protected override async ValueTask<StoredRecord> ReadAsync(SessionKey key, CancellationToken cancellationToken) =>
        await _database.ReadAsync(call => _table.ReadAsync(call, key), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    protected override async ValueTask<IReadOnlyDictionary<SessionKey, StoredRecord>> ReadManyAsync(
        IReadOnlyList<SessionKey> keys, CancellationToken cancellationToken)
    {
        var rows = await _database.ReadAsync(call => _table.ReadManyAsync(call, keys), cancellationToken).ConfigureAwait(false);
        var byPart = keys.ToDictionary(static key => key.KeyPart, StringComparer.Ordinal);
        return rows
            .Where(row => byPart.ContainsKey(row.KeyPart))
            .ToDictionary(row => byPart[row.KeyPart], row => StoredRecord.Unpack(byPart[row.KeyPart], row.Record));
    }

    /// <inheritdoc/>
    protected override async ValueTask<RecordAddition> AddAsync(
        SessionRecord session, RecordAdmission admission, CancellationToken cancellationToken) =>
        await _database.WriteAsync(call => _additions.AddAsync(call, session, admission), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    protected override async ValueTask<StoredRecord?> ReplaceAsync(
        SessionRecord expected, SessionRecord replacement, CancellationToken cancellationToken) =>
        await _database.WriteAsync<StoredRecord?>(
            async call => await _table.ReplaceAsync(call, expected, replacement).ConfigureAwait(false) == 0
                ? await _table.ReadAsync(call, expected.Key).ConfigureAwait(false)
                : null,
            cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    protected override async ValueTask<StoredRecord> MarkEndedAsync(
        SessionRecord session, EndedMarker marker, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(session);
        byte[] lineage = session.LineageHash.ToArray();
        return await _database.WriteAsync(
            async call =>
            {
                // Between the two statements somebody may change the session, or end it first. After some lost races whatever is there
                // ends: its writers must not keep a session alive that its user ends.
                for (int lost = 0;
                    await _table.ReadLineageAsync(call, session.Key, lineage).ConfigureAwait(false) is var (version, record);
                    lost++)
                {
                    long? expected = lost < RacesOfAnEnd ? version : null;
                    if (await _table.MarkAsync(call, marker, lineage, expected).ConfigureAwait(false) > 0)
                    {
                        return StoredRecord.Unpack(session.Key, record);
                    }
                }

                return default;
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async ValueTask<long> MarkUserEndedAsync(
        string userId, IReadOnlyList<EndedMarker> markers, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(markers);
        long now = Clock.GetUtcNow().ToUnixTimeMilliseconds();
        return await _database.WriteAsync(
            async call =>
            {
                // Each commits by itself, so that no transaction holds two rows and waits for a third.
                long live = 0;
                foreach (var marker in markers)
                {
                    int ended = await _table.MarkLiveOfUserAsync(call, marker, userId, now).ConfigureAwait(false);
                    live += ended;
                    if (ended == 0)
                    {
                        // It has expired here. The clock of another node may see it live.
                        await _table.MarkOfUserAsync(call, marker, userId).ConfigureAwait(false);
                    }
                }

                return live;
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async IAsyncEnumerable<KeyValuePair<SessionKey, StoredRecord>> ReadUserAsync(
        string userId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var found = await _database.ReadAsync(call => _table.ReadUserAsync(call, userId), cancellationToken).ConfigureAwait(false);
        foreach (var row in found)
        {
            if (SessionKey.TryParse($"{Prefix}:{row.KeyPart}", null, out var key))
            {
                yield return new(key, StoredRecord.Unpack(key, row.Record));
            }
            else
            {
                LogUnreadable(null, new FormatException("The key of the row is no session key."));
            }
        }
    }
}
