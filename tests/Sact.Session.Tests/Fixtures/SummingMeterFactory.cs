using System.Diagnostics.Metrics;

namespace Sact.Session.Tests;

/// <summary>Creates the meter of the library for one test and adds up its counters.</summary>
internal sealed class SummingMeterFactory : IMeterFactory
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _sums = [];
    private readonly MeterListener _listener = new();
    private readonly List<Meter> _created = [];

    public SummingMeterFactory()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (_created.Contains(instrument.Meter))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
        {
            lock (_lock)
            {
                _sums[instrument.Name] = _sums.GetValueOrDefault(instrument.Name) + value;
            }
        });
        _listener.Start();
    }

    public Meter Create(MeterOptions options)
    {
        var meter = new Meter(options.Name, options.Version, options.Tags, this);
        _created.Add(meter);
        return meter;
    }

    public long Sum(string instrument)
    {
        lock (_lock)
        {
            return _sums.GetValueOrDefault(instrument);
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        _created.ForEach(meter => meter.Dispose());
    }
}
