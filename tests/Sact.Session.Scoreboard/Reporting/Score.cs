namespace Sact.Session.Scoreboard;

/// <summary>What all plays of one case by one contender found.</summary>
internal sealed record Score(Case Case, IReadOnlyList<Finding> Findings)
{
    public int Failures => Findings.Count(static finding => finding.Verdict == Verdict.Fails);

    public Verdict Verdict =>
        Findings.Any(static finding => finding.Verdict == Verdict.Broken) ? Verdict.Broken
        : Failures > 0 ? Verdict.Fails
        : Findings.Any(static finding => finding.Verdict == Verdict.NotApplicable) ? Verdict.NotApplicable
        : Verdict.Holds;

    /// <summary>What was seen in the first play that was no success.</summary>
    public string Seen => Findings.FirstOrDefault(finding => finding.Verdict == Verdict).Seen ?? "";

    /// <summary>The cell of the table.</summary>
    public string Cell => Verdict switch
    {
        Verdict.Holds => "holds",
        Verdict.NotApplicable => "–",
        Verdict.Broken => "broken",
        _ => $"**{(Case.IsAboutDefaults ? "fails by default" : "fails")} {Failures}/{Findings.Count}**",
    };
}
