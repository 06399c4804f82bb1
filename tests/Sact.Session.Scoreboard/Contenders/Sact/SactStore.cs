namespace Sact.Session.Scoreboard;

/// <summary>A store of this library, with the server or the file that it needs.</summary>
/// <param name="Choose">As an application chooses it.</param>
/// <param name="Create">The store itself, to be put behind one that fails.</param>
/// <param name="Controls">What a case may do to it.</param>
/// <param name="CloseAsync">Stops the server.</param>
internal sealed record SactStore(
    Action<SactSessionBuilder> Choose,
    Func<MovedClock, IEndedSessionStore> Create,
    Func<MovedClock, StoreControls> Controls,
    Func<ValueTask> CloseAsync);
