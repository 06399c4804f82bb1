using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Sact.Session.Faults;

/// <summary>
/// Measures by the library's meter how long slow store calls take. A thread that only sleeps shows how long this machine left a process
/// without a core; that time is nobody's fault, and is taken off the calls that it hit.
/// </summary>
internal sealed class CallTimes : IDisposable
{
    private const int Most = 100_000;
    private static readonly TimeSpan s_beat = TimeSpan.FromMilliseconds(10);

    private readonly ConcurrentQueue<(double Taken, double Own)> _slow = new();
    private readonly ConcurrentQueue<(long At, TimeSpan Length)> _stalls = new();
    private readonly MeterListener _listener = new();
    private volatile bool _ended;

    public CallTimes(TimeSpan storeTimeout)
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument is { Meter.Name: "Sact.Session", Name: "sact.session.store.duration" })
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((_, seconds, _, _) =>
        {
            if (seconds >= storeTimeout.TotalSeconds / 2 && _slow.Count < Most)
            {
                _slow.Enqueue((seconds, seconds - StalledWithin(seconds)));
            }
        });
        _listener.Start();
        new Thread(Watch) { IsBackground = true, Name = "Stalls" }.Start();
    }

    public LateCalls Summary => new(
        _slow.Count,
        _slow.Select(call => call.Taken).DefaultIfEmpty().Max(),
        _slow.Select(call => call.Own).DefaultIfEmpty().Max(),
        _stalls.Select(stall => stall.Length.TotalSeconds).DefaultIfEmpty().Max());

    public void Dispose()
    {
        _ended = true;
        _listener.Dispose();
    }

    private double StalledWithin(double seconds)
    {
        long since = Stopwatch.GetTimestamp() - (long)(seconds * Stopwatch.Frequency);
        return _stalls.Where(stall => stall.At >= since).Sum(stall => stall.Length.TotalSeconds);
    }

    private void Watch()
    {
        for (long last = Stopwatch.GetTimestamp(); !_ended;)
        {
            Thread.Sleep(s_beat);
            long now = Stopwatch.GetTimestamp();
            var stall = Stopwatch.GetElapsedTime(last, now) - s_beat;
            last = now;
            if (stall > s_beat)
            {
                _stalls.Enqueue((now, stall));
            }

            if (_stalls.Count > Most)
            {
                _stalls.TryDequeue(out _);
            }
        }
    }
}
