namespace Sact.Session.Scoreboard;

internal enum Verdict
{
    /// <summary>The attack or the race did not succeed.</summary>
    Holds,

    /// <summary>The published bug is there.</summary>
    Fails,

    /// <summary>The contender lacks what the case is about.</summary>
    NotApplicable,

    /// <summary>The case could not be played to its end: a fault of the scoreboard or of the contender.</summary>
    Broken,
}

/// <summary>What one play of a case found, and what was seen.</summary>
internal readonly record struct Finding(Verdict Verdict, string Seen)
{
    public static Finding Holds { get; } = new(Verdict.Holds, "");

    public static Finding Fails(string seen) => new(Verdict.Fails, seen);

    public static Finding FailsIf(bool failed, string seen) => failed ? Fails(seen) : Holds;
}
