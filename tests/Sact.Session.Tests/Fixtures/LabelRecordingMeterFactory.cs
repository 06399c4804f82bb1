using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Sact.Session.Tests;

/// <summary>
/// Records every label that one test measures. A listener for the whole process would also record other tests, and would stop their
/// counters if it threw.
/// </summary>
internal sealed class LabelRecordingMeterFactory : IMeterFactory
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<(string Instrument, string Label, object? Value)> _recorded = new();

    public LabelRecordingMeterFactory()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, this))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Record(instrument, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Record(instrument, tags));
        _listener.Start();
    }

    /// <summary>Every label that was measured, in order.</summary>
    public IReadOnlyList<(string Instrument, string Label, object? Value)> Recorded => [.. _recorded];

    /// <summary>Runs with each measurement. A test may throw in it.</summary>
    public Action? OnMeasure { get; set; }

    public Meter Create(MeterOptions options) => new(new MeterOptions(options.Name) { Scope = this });

    public void Dispose() => _listener.Dispose();

    private void Record(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var tag in tags)
        {
            _recorded.Enqueue((instrument.Name, tag.Key, tag.Value));
        }

        if (tags.Length == 0)
        {
            _recorded.Enqueue((instrument.Name, "", null));
        }

        OnMeasure?.Invoke();
    }
}
