namespace Sact.Session.Scoreboard;

/// <summary>A store of this library, with the server or the file that it needs.</summary>
internal sealed class SactStore(
    Action<SactSessionBuilder> choose,
    Func<MovedClock, IEndedSessionStore> create,
    Func<MovedClock, StoreControls> controls,
    Func<ValueTask> close) : IAsyncDisposable
{
    /// <summary>As an application chooses it.</summary>
    public void Choose(SactSessionBuilder builder) => choose(builder);

    /// <summary>The store itself, to be put behind one that fails.</summary>
    public IEndedSessionStore Create(MovedClock clock) => create(clock);

    public StoreControls Controls(MovedClock clock) => controls(clock);

    public ValueTask DisposeAsync() => close();
}
