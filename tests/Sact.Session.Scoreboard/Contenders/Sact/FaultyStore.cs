using System.Reflection;

namespace Sact.Session.Scoreboard;

/// <summary>A store whose calls can be made to fail, and whose ids can be made to repeat.</summary>
public class FaultyStore : DispatchProxy
{
    private IEndedSessionStore _inner = null!;
    private string? _lastId;

    public bool IsDown { get; set; }

    public bool RepeatsIds { get; set; }

    public static (IEndedSessionStore Store, FaultyStore Faults) Over(IEndedSessionStore inner)
    {
        var store = Create<IEndedSessionStore, FaultyStore>();
        var faults = (FaultyStore)(object)store;
        faults._inner = inner;
        return (store, faults);
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (targetMethod!.Name == nameof(IGenericStore.CreateSessionId))
        {
            return RepeatsIds && _lastId is not null ? _lastId : _lastId = _inner.CreateSessionId((string?)args![0]);
        }

        // What only computes a name is no call of the store.
        return IsDown && targetMethod.Name is not (nameof(IGenericStore.GetSessionKey) or nameof(IGenericStore.GetReferenceKey))
            ? throw new SessionStoreException("The store is down.")
            : targetMethod.Invoke(_inner, BindingFlags.DoNotWrapExceptions, null, args, null);
    }
}
