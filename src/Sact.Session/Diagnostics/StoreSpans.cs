using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Sact.Session;

/// <summary>
/// The spans of the calls of one store, after OpenTelemetry's conventions for databases. They hold no key, no user id and no secret.
/// </summary>
internal sealed class StoreSpans
{
    /// <summary>The name of the source, for <c>AddSource</c>.</summary>
    public const string SourceName = "Sact.Session";

    private static readonly ActivitySource s_source = new(SourceName);
    private static readonly ConditionalWeakTable<IGenericStore, StoreSpans> s_ofStores = [];

    private readonly KeyValuePair<string, object?>[] _tags;
    private readonly ActivityKind _kind;
    private readonly string _target;

    private StoreSpans(IGenericStore store)
    {
        var description = DescriptionOf(store);
        var tags = new List<KeyValuePair<string, object?>> { new("db.system.name", description.System) };
        if (description.Collection is { } collection)
        {
            tags.Add(new("db.collection.name", collection));
        }

        if (description.ServerAddress is { } address)
        {
            tags.Add(new("server.address", address));
            if (description.ServerPort is { } port)
            {
                tags.Add(new("server.port", port));
            }
        }

        _tags = [.. tags];
        _target = description.Collection ?? "session";

        // The conventions allow the kind Internal for a database in the memory of the process, which is no other node of a trace.
        _kind = ReferenceEquals(description, StoreDescription.Memory) ? ActivityKind.Internal : ActivityKind.Client;
    }

    /// <summary>Whether somebody listens. It reads one field.</summary>
    public static bool HasListeners => s_source.HasListeners();

    public static StoreSpans Of(IGenericStore store) => s_ofStores.GetValue(store, static store => new StoreSpans(store));

    /// <summary>Begins a span. It is null if nobody records it, or if a listener throws.</summary>
    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "A listener runs inside. What it throws must not stop a session.")]
    public Activity? Begin(string operation)
    {
        var before = Activity.Current;
        try
        {
            var tags = new ActivityTagsCollection(_tags) { ["db.operation.name"] = operation };
            return s_source.StartActivity($"{operation} {_target}", _kind, default(ActivityContext), tags);
        }
        catch (Exception)
        {
            // The span may have become the current one before the listener threw.
            Activity.Current = before;
            return null;
        }
    }

    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "A listener runs inside. What it throws must not stop a session.")]
    public static void End(Activity? span, string outcome, Exception? fault)
    {
        if (span is null)
        {
            return;
        }

        var before = span.Parent;
        try
        {
            span.SetTag("sact.session.outcome", outcome);
            if (outcome is StoreOutcome.Fault or StoreOutcome.Timeout)
            {
                // The type and no message: that of a custom store may hold anything.
                span.SetTag("error.type", outcome == StoreOutcome.Timeout ? outcome : TypeOf(fault!));
                span.SetStatus(ActivityStatusCode.Error);
            }

            span.Dispose();
        }
        catch (Exception)
        {
            Activity.Current = before;
        }
    }

    private static string TypeOf(Exception fault) =>
        (fault is SessionStoreException { InnerException: { } cause } ? cause : fault).GetType().FullName!;

    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "Whatever a store throws here, its sessions work.")]
    private static StoreDescription DescriptionOf(IGenericStore store)
    {
        try
        {
            return (store as IDescribedStore)?.Description ?? StoreDescription.Other;
        }
        catch (Exception)
        {
            return StoreDescription.Other;
        }
    }
}
