using System.Reflection;

namespace Sact.Session.Stores.Tests.OpenIdConnect;

/// <summary>A store whose calls can be made to fail.</summary>
public class SwitchableStore : DispatchProxy
{
    private IEndedSessionStore _inner = null!;

    /// <summary>The names of the methods that fail.</summary>
    public HashSet<string> Down { get; } = [];

    public static (IEndedSessionStore Store, SwitchableStore Switch) Over(IEndedSessionStore inner)
    {
        var store = Create<IEndedSessionStore, SwitchableStore>();
        var proxy = (SwitchableStore)(object)store;
        proxy._inner = inner;
        return (store, proxy);
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (Down.Contains(targetMethod!.Name))
        {
            throw new SessionStoreException("The store is down.");
        }

        return targetMethod.Invoke(_inner, BindingFlags.DoNotWrapExceptions, null, args, null);
    }
}
