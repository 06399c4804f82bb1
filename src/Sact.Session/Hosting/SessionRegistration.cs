namespace Sact.Session;

/// <summary>
/// One call of <c>AddSactSession</c>: its name, and the store that was chosen last. It is a singleton of the service collection.
/// </summary>
internal sealed class SessionRegistration(string name)
{
    public string Name { get; } = name;

    public Type StoreType { get; private set; } = typeof(MemoryStore);

    public Func<IServiceProvider, IGenericStore> CreateStore { get; private set; } = static _ => new MemoryStore();

    /// <summary>Creates the façade that the application receives.</summary>
    public Func<RequestSession, ISactSession> CreateFacade { get; private set; } = static session => new Session<MemoryStore>(session);

    /// <summary>Whether the registration disposes of the store. It does not dispose of one that the application registered.</summary>
    public bool OwnsStore { get; private set; } = true;

    public void Choose<TStore>(Func<IServiceProvider, TStore> createStore, bool ownsStore)
        where TStore : class, IGenericStore
    {
        StoreType = typeof(TStore);
        CreateStore = createStore;
        CreateFacade = static session => new Session<TStore>(session);
        OwnsStore = ownsStore;
    }
}
