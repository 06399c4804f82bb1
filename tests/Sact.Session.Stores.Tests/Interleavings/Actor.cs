namespace Sact.Session.Stores.Tests.Interleavings;

internal enum ActorState
{
    /// <summary>It waits at the gate, before its first request or before a store call.</summary>
    Waiting,
    Running,

    /// <summary>Its change waits for the write of another actor, which takes it along.</summary>
    Joined,
    Finished,
}

/// <summary>One of the clients whose requests meet. The stage guards its state.</summary>
internal sealed class Actor(Stage stage, int number, Verb verb)
{
    private static readonly AsyncLocal<Actor?> s_current = new();

    /// <summary>The actor on whose behalf this code runs; null outside of an interleaving.</summary>
    public static Actor? Current
    {
        get => s_current.Value;
        set => s_current.Value = value;
    }

    public Stage Stage => stage;

    public int Number => number;

    public Verb Verb => verb;

    public ActorState State { get; set; } = ActorState.Running;

    public TaskCompletionSource? Gate { get; set; }

    /// <summary>The session that the actor is changing, from the call to its answer.</summary>
    public SessionKey? Updating { get; set; }

    /// <summary>The number of that change, and the number of the change that it waits for.</summary>
    public long Update { get; set; }

    public long WaitsFor { get; set; }

    /// <summary>The last change that may be writing this one. Changes that began later are not what the actor waits for.</summary>
    public long Bound { get; set; }

    public Exception? Fault { get; set; }
}
