namespace Sact.Session.Tests;

/// <summary>
/// A store as an application would write one: it derives from <see cref="GenericStore"/>, dependency injection creates it, and it counts
/// its disposals.
/// </summary>
public class ApplicationStore(GenericStoreOptions options) : GenericStore(options), IDisposable
{
    private readonly MemoryStore _memory = new(new MemoryStoreOptions { Prefix = options.Prefix, TimeProvider = options.TimeProvider });

    public int Disposals { get; private set; }

    public TimeProvider StoreClock => Clock;

    public override ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default) =>
        _memory.GetAsync(key, cancellationToken);

    public override ValueTask<SessionCreation> CreateAsync(
        SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default) =>
        _memory.CreateAsync(session, cap, cancellationToken);

    public override ValueTask<SessionUpdate> UpdateAsync(
        SessionRecord session, SessionChange change, CancellationToken cancellationToken = default) =>
        _memory.UpdateAsync(session, change, cancellationToken);

    public override ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default) =>
        _memory.DeleteAsync(session, cancellationToken);

    public override IAsyncEnumerable<SessionRecord> GetActiveSessionsAsync(string userId, CancellationToken cancellationToken = default) =>
        _memory.GetActiveSessionsAsync(userId, cancellationToken);

    public override ValueTask<long> DeleteActiveSessionsAsync(
        string userId, SessionKey? except = null, CancellationToken cancellationToken = default) =>
        _memory.DeleteActiveSessionsAsync(userId, except, cancellationToken);

    public override ValueTask<long> ClearAsync(CancellationToken cancellationToken = default) => _memory.ClearAsync(cancellationToken);

    public override ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default) =>
        _memory.CountActiveSessionsAsync(cancellationToken);

    public void Dispose()
    {
        Disposals++;
        GC.SuppressFinalize(this);
    }
}

/// <summary>A second store type, for two registrations in one application.</summary>
public sealed class OtherApplicationStore(GenericStoreOptions options) : ApplicationStore(options);
