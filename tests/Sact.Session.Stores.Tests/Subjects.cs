namespace Sact.Session.Stores.Tests;

internal sealed class MemorySubject : StoreContractSubject
{
    public override bool SharesData => false;

    public override ValueTask<IGenericStore> OpenAsync(TimeProvider clock, string prefix, CancellationToken cancellationToken) =>
        new(new MemoryStore(new MemoryStoreOptions { TimeProvider = clock, Prefix = prefix }));
}

/// <summary>A dictionary, opened as itself or as one of the broken stores.</summary>
internal sealed class DictionarySubject(Func<GenericStoreOptions, DictionaryData, IGenericStore> open) : StoreContractSubject
{
    private readonly DictionaryData _data = new();

    public DictionarySubject()
        : this((options, data) => new DictionaryStore(options, data))
    {
    }

    public DictionaryData Data => _data;

    public bool Indexed { get; init; } = true;

    public override bool HasUserIndex => Indexed;

    public override bool SharesData => true;

    public override ValueTask<IGenericStore> OpenAsync(TimeProvider clock, string prefix, CancellationToken cancellationToken) =>
        new(open(new GenericStoreOptions { TimeProvider = clock, Prefix = prefix }, _data));

    public override ValueTask<bool> PlantGarbageAsync(SessionRecord session, CancellationToken cancellationToken)
    {
        lock (_data.Lock)
        {
            return new(_data.Garbage.Add(session.Key));
        }
    }

    public override ValueTask<bool> PlantNewerFormatAsync(SessionRecord session, CancellationToken cancellationToken)
    {
        lock (_data.Lock)
        {
            _data.Records[session.Key] = _data.Records[session.Key].With(format: SessionRecord.CurrentFormat + 1);
            return new(true);
        }
    }

    public override ValueTask<bool?> ExistsPhysicallyAsync(SessionKey key, CancellationToken cancellationToken)
    {
        lock (_data.Lock)
        {
            return new(_data.Records.ContainsKey(key));
        }
    }
}
