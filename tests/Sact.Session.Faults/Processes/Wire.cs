using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sact.Session.Faults;

/// <summary>One line to an application process: a request of a browser, or an order of the run.</summary>
internal sealed record Request
{
    public long Id { get; init; }

    /// <summary>What the browser does; null for an order.</summary>
    public Verb? Verb { get; init; }

    /// <summary>The value of the session cookie.</summary>
    public string? Cookie { get; init; }

    public string? User { get; init; }

    public bool ReadsFirst { get; init; }

    public bool Immediately { get; init; }

    public string? Field { get; init; }

    public string? Value { get; init; }

    /// <summary><c>open</c>, <c>close</c> or <c>measure</c>.</summary>
    public string? Order { get; init; }

    public StoreSettings? Settings { get; init; }
}

/// <summary>What an application process opens.</summary>
internal sealed record StoreSettings(string Store, string Connection, string Prefix, double StoreTimeout, bool SealMetadata);

/// <summary>One line back.</summary>
internal sealed record Reply
{
    public long Id { get; init; }

    public Outcome Outcome { get; init; }

    public string? SeenUser { get; init; }

    public Dictionary<string, string>? Seen { get; init; }

    /// <summary>The new value of the session cookie; empty if it was deleted, null if there was none.</summary>
    public string? Cookie { get; init; }

    public ListedDevice[]? Listed { get; init; }

    public long Number { get; init; }

    public string? Message { get; init; }

    public Measurement? Measured { get; init; }
}

/// <summary>What an application process holds, after a collection of garbage, and how long its store calls took at most.</summary>
internal sealed record Measurement(int Threads, long Timers, int Handles, long Bytes, LateCalls Late);

/// <summary>The store calls that took more than half of StoreTimeout, in seconds.</summary>
/// <param name="Count">How many.</param>
/// <param name="Longest">The longest.</param>
/// <param name="LongestOwn">The longest without the time that the machine left the process without a core.</param>
/// <param name="LongestStall">The longest such time.</param>
internal sealed record LateCalls(int Count, double Longest, double LongestOwn, double LongestStall);

internal static class Wire
{
    public static JsonSerializerOptions Json { get; } = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        Converters = { new JsonStringEnumConverter() },
    };
}
