namespace Sact.Session.Stores;

/// <summary>A store that describes itself for traces. Optional: a store without it is described as <c>other</c>.</summary>
public interface IDescribedStore : IGenericStore
{
    /// <summary>What the store is. It costs nothing to read, and is always the same.</summary>
    StoreDescription Description { get; }
}
