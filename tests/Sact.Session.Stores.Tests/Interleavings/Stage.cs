using Sact.Session.Tests.Fuzzing;

namespace Sact.Session.Stores.Tests.Interleavings;

/// <summary>
/// The scheduler. Every store call of every actor waits at a gate, and the stage opens one gate after the other. An interleaving is the
/// order in which it opens them, which the seed decides. A step ends when every actor waits again or has finished.
/// </summary>
/// <param name="numbers">They choose the next gate.</param>
/// <param name="afterStep">Runs after each step. It advances the clock.</param>
/// <param name="seesSteps">
/// True if the gates are inside of the store, before each of its primitives; false if they are before each call of the store.
/// </param>
/// <param name="bursts">
/// True to open several gates at once now and then. The order of these calls is then the store's choice, and not the seed's.
/// </param>
internal sealed class Stage(SeededNumbers numbers, Action afterStep, bool seesSteps, bool bursts)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private readonly List<int> _releases = [];
    private Actor[] _actors = [];
    private long _updates;
    private TaskCompletionSource? _settled;

    public int Step { get; private set; }

    public bool SeesSteps => seesSteps;

    /// <summary>The numbers of the actors in the order in which their gates were opened.</summary>
    public IReadOnlyList<int> Releases => _releases;

    public async Task RunAsync(Actor[] actors, Func<Actor, Task> play)
    {
        _actors = actors;
        foreach (var actor in actors)
        {
            // Its faults are kept in the actor.
            _ = PlayAsync(actor, play);
        }

        while (true)
        {
            await SettledAsync();
            Actor[] waiting = [.. actors.Where(static actor => actor.State == ActorState.Waiting)];
            if (waiting.Length == 0)
            {
                return;
            }

            Step++;
            int count = bursts && numbers.Percent(40) ? 1 + numbers.Below(waiting.Length) : 1;
            int first = numbers.Below(waiting.Length);
            for (int i = 0; i < count; i++)
            {
                Release(waiting[(first + i) % waiting.Length]);
            }

            afterStep();
        }
    }

    /// <summary>Makes an actor wait until the stage opens its gate.</summary>
    public Task ArriveAsync(Actor actor)
    {
        // Without RunContinuationsAsynchronously: the actor runs on the thread of the stage, so over a store in memory there is no other.
        var gate = new TaskCompletionSource();
        Change(actor, ActorState.Waiting, gate);
        return gate.Task;
    }

    /// <summary>An actor begins to change a session.</summary>
    public void BeginUpdate(Actor actor, SessionKey key)
    {
        lock (_lock)
        {
            actor.Updating = key;
            actor.Update = ++_updates;
            actor.Bound = long.MaxValue;
        }
    }

    /// <summary>The change neither was answered at once nor came to a gate, so another actor writes it.</summary>
    public void NoteJoined(Actor actor)
    {
        TaskCompletionSource? settled = null;
        lock (_lock)
        {
            if (seesSteps && actor.State == ActorState.Running)
            {
                actor.State = ActorState.Joined;
                actor.WaitsFor = _actors.FirstOrDefault(other => IsWriting(other, actor))?.Update ?? 0;
                settled = TakeSettled();
            }
        }

        settled?.SetResult();
    }

    public void EndUpdate(Actor actor)
    {
        lock (_lock)
        {
            foreach (var other in _actors.Where(other => other.State == ActorState.Joined && other.WaitsFor == actor.Update))
            {
                // The next write carries every change that waits now, and no later one.
                other.Bound = _updates;
            }

            actor.Updating = null;
            actor.State = actor.State == ActorState.Joined ? ActorState.Running : actor.State;
        }
    }

    private async Task PlayAsync(Actor actor, Func<Actor, Task> play)
    {
        Actor.Current = actor;
        await ArriveAsync(actor);
        try
        {
            await play(actor);
        }
        catch (Exception fault)
        {
            actor.Fault = fault;
        }

        Change(actor, ActorState.Finished, null);
    }

    private void Release(Actor actor)
    {
        TaskCompletionSource gate;
        lock (_lock)
        {
            gate = actor.Gate!;
            actor.State = ActorState.Running;
            _releases.Add(actor.Number);
        }

        gate.SetResult();
    }

    private void Change(Actor actor, ActorState state, TaskCompletionSource? gate)
    {
        TaskCompletionSource? settled;
        lock (_lock)
        {
            actor.State = state;
            actor.Gate = gate;
            settled = TakeSettled();
        }

        settled?.SetResult();
    }

    private TaskCompletionSource? TakeSettled()
    {
        var settled = _settled;
        _settled = null;
        return settled;
    }

    private async Task SettledAsync()
    {
        while (true)
        {
            Task change;
            lock (_lock)
            {
                if (_actors.All(IsSettled))
                {
                    return;
                }

                _settled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                change = _settled.Task;
            }

            await change.WaitAsync(s_patience);
        }
    }

    // What has joined moves only when the one that writes moves, which waits at a gate.
    private bool IsSettled(Actor actor) => actor.State switch
    {
        ActorState.Waiting or ActorState.Finished => true,
        ActorState.Joined => _actors.Any(other => IsWriting(other, actor)),
        _ => false,
    };

    private static bool IsWriting(Actor writer, Actor joined) =>
        writer.State == ActorState.Waiting && writer.Updating == joined.Updating && writer.Update <= joined.Bound;
}
