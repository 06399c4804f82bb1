using System.Collections.Concurrent;
using System.Diagnostics;

namespace Sact.Session.Tests;

/// <summary>
/// Records the spans of one test, which have the trace of its root in common. A listener is for the whole process, and other tests run.
/// </summary>
internal sealed class RecordedSpans : IDisposable
{
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivityListener _listener;

    public RecordedSpans()
    {
        Root = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Sact.Session",
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.Parent.TraceId != Root.TraceId ? ActivitySamplingResult.None : Sampled(),
            ActivityStarted = span => Run(span, OnStarted),
            ActivityStopped = span =>
            {
                Run(span, _ended.Enqueue);
                Run(span, OnStopped);
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public Activity Root { get; }

    /// <summary>A test may throw in them.</summary>
    public Action? OnSample { get; set; }

    public Action<Activity>? OnStarted { get; set; }

    public Action<Activity>? OnStopped { get; set; }

    /// <summary>The spans that have ended, in order.</summary>
    public IReadOnlyList<Activity> All => [.. _ended];

    public static Dictionary<string, object?> TagsOf(Activity span) => span.TagObjects.ToDictionary(tag => tag.Key, tag => tag.Value);

    public void Dispose()
    {
        _listener.Dispose();
        Root.Dispose();
    }

    private ActivitySamplingResult Sampled()
    {
        OnSample?.Invoke();
        return ActivitySamplingResult.AllDataAndRecorded;
    }

    private void Run(Activity span, Action<Activity>? action)
    {
        if (span.TraceId == Root.TraceId)
        {
            action?.Invoke(span);
        }
    }
}
