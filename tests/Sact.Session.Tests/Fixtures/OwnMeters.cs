using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Sact.Session.Tests;

/// <summary>Meters of one test alone, and what is measured on them. A listener of the process would hear the other tests as well, and stop their counting if it threw.</summary>
internal sealed class OwnMeters : IMeterFactory
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<(string Instrument, string Label, object? Value)> _heard = new();

    public OwnMeters()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, this))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) =>
        {
            foreach (var tag in tags)
            {
                _heard.Enqueue((instrument.Name, tag.Key, tag.Value));
            }

            if (tags.Length == 0)
            {
                _heard.Enqueue((instrument.Name, "", null));
            }

            OnMeasure?.Invoke();
        });
        _listener.Start();
    }

    /// <summary>Every label that was measured, in order.</summary>
    public IReadOnlyList<(string Instrument, string Label, object? Value)> Heard => [.. _heard];

    /// <summary>Runs with each measurement; a test may throw in it.</summary>
    public Action? OnMeasure { get; set; }

    public Meter Create(MeterOptions options) => new(new MeterOptions(options.Name) { Scope = this });

    public void Dispose() => _listener.Dispose();
}
