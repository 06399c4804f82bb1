namespace Sact.Session.Stores.Tests.Interleavings;

/// <summary>What interleavings over one kind of store need to know of it.</summary>
/// <param name="Open">Opens a subject; each bed has one.</param>
/// <param name="MovesClock">
/// Whether an interleaving may take hours of the clock. False for a server with a clock of its own, which destroys nothing while the two
/// disagree.
/// </param>
/// <param name="Bursts">Whether several calls are sent to the store at once now and then.</param>
/// <param name="PerBed">The number of interleavings after which the store is opened anew.</param>
internal sealed record Profile(Func<ValueTask<StoreContractSubject>> Open, bool MovesClock, bool Bursts, int PerBed)
{
    /// <summary>The data of a store whose primitives wait at gates; null if the gates are before the calls of the store.</summary>
    public Func<StoreContractSubject, DictionaryData>? Primitives { get; init; }
}

/// <summary>
/// A store, on two nodes if they can share it, its clock, and the options of two applications over it: one never notes a visit, one notes
/// each.
/// </summary>
internal sealed class Bed : IAsyncDisposable
{
    private static int s_beds;

    private readonly StoreContractSubject _subject;
    private readonly SactSessionOptions[] _options;
    private readonly IGenericStore[] _nodes;

    private Bed(StoreContractSubject subject, Profile profile, StoreContractClock clock, IGenericStore[] nodes)
    {
        _subject = subject;
        Profile = profile;
        Clock = clock;
        _nodes = nodes;
        _options = [.. from seals in (bool[])[false, true] from touches in (bool[])[false, true] select Options(touches, seals)];
        if (profile.Primitives is { } primitives)
        {
            primitives(subject).BeforeEach = static () =>
                Actor.Current is { } actor ? actor.Stage.ArriveAsync(actor) : Task.CompletedTask;
        }
    }

    public static TimeSpan IdleTimeout { get; } = TimeSpan.FromHours(1);

    public static TimeSpan RenewalGrace { get; } = TimeSpan.FromSeconds(30);

    public Profile Profile { get; }

    public StoreContractClock Clock { get; }

    public IGenericStore Store => _nodes[0];

    public static async Task<Bed> OpenAsync(Profile profile)
    {
        var subject = await profile.Open();
        var clock = new StoreContractClock(subject.ServerNow);
        string prefix = $"seeds-{Interlocked.Increment(ref s_beds)}";
        var nodes = new IGenericStore[subject.SharesData ? 2 : 1];
        for (int i = 0; i < nodes.Length; i++)
        {
            nodes[i] = await subject.OpenAsync(clock, prefix, CancellationToken.None);
        }

        return new Bed(subject, profile, clock, nodes);
    }

    /// <summary>
    /// The store of an actor's node. Changes of one session join on a node, so only changes of different nodes lose a race.
    /// </summary>
    public IGenericStore StoreOf(Actor? actor) => _nodes[(actor?.Number ?? 0) % _nodes.Length];

    public SactSessionOptions OptionsOf(bool touches, bool seals) => _options[(seals ? 2 : 0) + (touches ? 1 : 0)];

    public ValueTask DisposeAsync() => _subject.DisposeAsync();

    private SactSessionOptions Options(bool touches, bool seals) => new()
    {
        TimeProvider = Clock,
        IdleTimeout = IdleTimeout,
        RenewalGrace = RenewalGrace,
        TouchInterval = touches ? TimeSpan.Zero : IdleTimeout / 2,
        SealMetadata = seals,
        StoreTimeout = TimeSpan.FromMinutes(1),
        MaxAnonymousSessionsPerMinute = null,
    };
}
