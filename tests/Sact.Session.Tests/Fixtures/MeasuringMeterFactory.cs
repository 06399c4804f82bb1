using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Sact.Session.Tests;

/// <summary>Creates the meters of one test and records every measurement with its labels.</summary>
internal sealed class MeasuringMeterFactory : IMeterFactory
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, Meter> _meters = new();
    private readonly ConcurrentQueue<(string Instrument, double Value, string Labels)> _measured = new();

    public MeasuringMeterFactory()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, this))
            {
                Published.Add(instrument);
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.Start();
    }

    public List<Instrument> Published { get; } = [];

    /// <summary>Runs with each measurement. A test may throw in it.</summary>
    public Action? OnMeasure { get; set; }

    /// <summary>One meter for each name, as the factory of .NET does.</summary>
    public Meter Create(MeterOptions options) =>
        _meters.GetOrAdd(options.Name, name => new Meter(new MeterOptions(name) { Scope = this }));

    /// <summary>Collects the gauges, and answers with what an instrument has measured since the last call.</summary>
    public IReadOnlyList<(double Value, string Labels)> Collect(string instrument)
    {
        _listener.RecordObservableInstruments();
        var found = _measured.Where(some => some.Instrument == instrument).Select(some => (some.Value, some.Labels)).ToList();
        _measured.Clear();
        return found;
    }

    public void Dispose()
    {
        _listener.Dispose();
        foreach (var meter in _meters.Values)
        {
            meter.Dispose();
        }
    }

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        _measured.Enqueue((instrument.Name, value, string.Join(',', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))));
        OnMeasure?.Invoke();
    }
}
