namespace Sact.Session;

/// <summary>Counts the sessions that end together, for one report.</summary>
internal struct EndedByIdentity(SessionServices services, SessionKey? spared)
{
    private SessionKey? _key = spared;
    private long _count;

    public void Add(SessionKey key)
    {
        _key ??= key;
        _count++;
    }

    public readonly void Report()
    {
        if (_key is { } key)
        {
            services.Telemetry.EndedMany(key, _count, EndedReason.Others);
        }
    }
}
