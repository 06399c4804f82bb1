namespace Sact.Session.Stores.Tests.Interleavings;

/// <summary>The kinds of stores.</summary>
internal static class Profiles
{
    public static Profile Memory { get; } = new(static () => new(new MemorySubject()), MovesClock: true, Bursts: false, PerBed: 200);

    /// <summary>A store in memory whose calls are whole steps. It looks through all records, so a bed has few.</summary>
    public static Profile Calls(Func<GenericStoreOptions, DictionaryData, IGenericStore> open) => new(
        () => new(new DictionarySubject(open)), MovesClock: true, Bursts: false, PerBed: 10);

    /// <summary>A store in memory whose primitives are the steps.</summary>
    public static Profile Steps(Func<GenericStoreOptions, DictionaryData, RecordDictionaryStore> open) =>
        Calls(open) with { Primitives = static subject => ((DictionarySubject)subject).Data };

    /// <summary>A file or a server. Many interleavings move its clock by seconds, less than may pass before it distrusts a clock.</summary>
    public static Profile Server(Func<ValueTask<StoreContractSubject>> open) => new(open, MovesClock: false, Bursts: true, PerBed: 500);
}
