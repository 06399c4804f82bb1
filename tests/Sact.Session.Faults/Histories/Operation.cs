namespace Sact.Session.Faults;

/// <summary>
/// One operation of a browser. Times are microseconds since the history began, as the browser sees them: they enclose what happened.
/// </summary>
public sealed record Operation
{
    public required long Id { get; init; }

    public int Client { get; init; }

    /// <summary>The number of the application process that served it.</summary>
    public int Process { get; init; }

    public required Verb Verb { get; init; }

    public required string User { get; init; }

    /// <summary>The key part of the session whose cookie was presented; null for no cookie.</summary>
    public string? Key { get; init; }

    /// <summary>Which cookie of that session: 0 from the sign-in, then counted as the browser received them.</summary>
    public int Rotor { get; init; }

    /// <summary>Whether a renewal replaces the id at once, without a grace for the older one.</summary>
    public bool Immediately { get; init; }

    public string? Field { get; init; }

    public string? Value { get; init; }

    public required long From { get; init; }

    public required long Until { get; init; }

    public required Outcome Outcome { get; init; }

    /// <summary>The user that the operation has read from its session first; null if it read nothing or found no session.</summary>
    public string? SeenUser { get; init; }

    /// <summary>The data that it has read.</summary>
    public Dictionary<string, string>? Seen { get; init; }

    /// <summary>The key part of the session whose cookie was sent back; null for no cookie.</summary>
    public string? NewKey { get; init; }

    public int NewRotor { get; init; }

    public ListedDevice[]? Listed { get; init; }

    /// <summary>How many sessions it ended.</summary>
    public long Number { get; init; }

    public string? Message { get; init; }

    /// <summary>Whether the session that was presented was accepted, whatever happened then.</summary>
    public bool Accepts => SeenUser is not null;

    public override string ToString() =>
        $"#{Id} {Verb} by client {Client} in process {Process}, session {Key ?? "none"}.{Rotor}, {From / 1e6:F3} s to {Until / 1e6:F3} s, "
        + $"{Outcome}{(Message is null ? "" : ": " + Message)}";
}
