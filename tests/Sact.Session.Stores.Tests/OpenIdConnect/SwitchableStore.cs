using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace Sact.Session.Stores.Tests.OpenIdConnect;

/// <summary>A store whose calls can be made to fail, and whose updates can be held.</summary>
public class SwitchableStore : DispatchProxy
{
    private IEndedSessionStore _inner = null!;

    /// <summary>The names of the methods that fail.</summary>
    public HashSet<string> Down { get; } = [];

    /// <summary>Whether a call fails, by the name of the method and its first argument; null for never.</summary>
    public Func<string, object?, bool>? Fails { get; set; }

    /// <summary>The calls so far: the name of the method and its first argument.</summary>
    public ConcurrentQueue<(string Method, object? About)> Calls { get; } = new();

    /// <summary>Runs before a record is created; null for nothing.</summary>
    public Func<SessionRecord, Task>? BeforeCreation { get; set; }

    /// <summary>Runs before an update; null for nothing.</summary>
    public Func<string, Task>? Before { get; set; }

    public static (IEndedSessionStore Store, SwitchableStore Switch) Over(IEndedSessionStore inner)
    {
        var store = Create<IEndedSessionStore, SwitchableStore>();
        var proxy = (SwitchableStore)(object)store;
        proxy._inner = inner;
        return (store, proxy);
    }

    [SuppressMessage("Reliability", "CA2012:Use ValueTasks correctly", Justification = "The proxy returns it to the caller of the store.")]
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        Calls.Enqueue((targetMethod!.Name, args?.FirstOrDefault()));
        if (Down.Contains(targetMethod.Name) || Fails?.Invoke(targetMethod.Name, args?.FirstOrDefault()) == true)
        {
            throw new SessionStoreException("The store is down.");
        }

        if (Before is { } before && targetMethod.Name == nameof(IGenericStore.UpdateAsync))
        {
            return UpdateAsync(before, (SessionRecord)args![0]!, (SessionChange)args[1]!);
        }

        if (BeforeCreation is { } beforeCreation && targetMethod.Name == nameof(IGenericStore.CreateAsync))
        {
            return CreateAsync(beforeCreation, (SessionRecord)args![0]!, (SessionCap?)args[1]);
        }

        return targetMethod.Invoke(_inner, BindingFlags.DoNotWrapExceptions, null, args, null);
    }

    private async ValueTask<SessionUpdate> UpdateAsync(Func<string, Task> before, SessionRecord session, SessionChange change)
    {
        await before(nameof(UpdateAsync));
        return await _inner.UpdateAsync(session, change);
    }

    private async ValueTask<SessionCreation> CreateAsync(Func<SessionRecord, Task> before, SessionRecord session, SessionCap? cap)
    {
        await before(session);
        return await _inner.CreateAsync(session, cap);
    }
}
