using System.Diagnostics.Metrics;

namespace Sact.Session.Tests;

/// <summary>Makes the library's meter for one test and adds up what is counted on it.</summary>
internal sealed class Meters : IMeterFactory
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _sums = [];
    private readonly MeterListener _listener = new();
    private readonly List<Meter> _made = [];

    public Meters()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (_made.Contains(instrument.Meter))
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
        _made.Add(meter);
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
        _made.ForEach(meter => meter.Dispose());
    }
}
