using System.Collections.Concurrent;

namespace Sact.Session;

/// <summary>
/// The markers of the sessions that ended in the last ten minutes. They may use a sixteenth of the store's bytes beside the sessions; the
/// oldest ones give way.
/// </summary>
internal sealed class MemoryMarkers(long maxBytes, TimeProvider clock)
{
    // A marker, its entry in the dictionary and its place in the queue: measured on 64-bit .NET 10 and rounded up.
    private const int BytesOfOne = 320;

    private readonly long _most = maxBytes / 16 / BytesOfOne;
    private readonly ConcurrentDictionary<SessionKeyPart, EndedMarker> _markers = new();
    private readonly ConcurrentQueue<EndedMarker> _oldest = new();

    public int Count => _markers.Count;

    /// <summary>The marker under a key, if it is still visible.</summary>
    public EndedMarker? Find(SessionKeyPart key) =>
        _markers.TryGetValue(key, out var marker) && marker.IsVisible(clock.GetUtcNow()) ? marker : null;

    /// <summary>Adds a marker, unless the session has one: the first end wins.</summary>
    public void Add(EndedMarker marker)
    {
        var now = clock.GetUtcNow();
        var kept = _markers.AddOrUpdate(
            marker.Key.Part,
            static (_, added) => added.Marker,
            static (_, earlier, added) =>
                earlier.LineageHash == added.Marker.LineageHash && earlier.IsVisible(added.Now) ? earlier : added.Marker,
            (Marker: marker, Now: now));
        if (kept == marker)
        {
            _oldest.Enqueue(marker);
        }

        while (_oldest.TryPeek(out var oldest) && (!oldest.IsVisible(now) || _oldest.Count > _most) && _oldest.TryDequeue(out oldest))
        {
            Remove(oldest);
        }
    }

    /// <summary>
    /// Of parallel ends this one has ended the session, so its reason stays. Its marker was added before, so that there was one all the
    /// time.
    /// </summary>
    public void Confirm(EndedMarker marker)
    {
        if (_markers.TryGetValue(marker.Key.Part, out var other)
            && other != marker
            && _markers.TryUpdate(marker.Key.Part, marker, other))
        {
            _oldest.Enqueue(marker);
        }
    }

    private void Remove(EndedMarker marker) =>
        _markers.TryRemove(new KeyValuePair<SessionKeyPart, EndedMarker>(marker.Key.Part, marker));
}
