namespace Sact.Session.Scoreboard;

/// <summary>A contender's scores, or why it did not run.</summary>
internal sealed record Result(Contender Contender, string Version, IReadOnlyList<Score> Scores, string? Missing)
{
    public int Count(Verdict verdict) => Scores.Count(score => score.Verdict == verdict);
}

/// <summary>Plays cases with one contender.</summary>
internal static class Tournament
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>A case that holds is not played more often than this. A case that fails is played as often as was chosen.</summary>
    public const int PlaysThatHold = 3;

    public static async Task<Result> PlayAsync(Contender contender, IReadOnlyList<Case> cases, int repeats, Action<Score>? report = null)
    {
        Application? plain = null;
        Application? faulty = null;
        var scores = new List<Score>();
        try
        {
            plain = await contender.StartAsync(withFaults: false);
            foreach (var one in cases)
            {
                var app = one.NeedsFaults ? faulty ??= await contender.StartAsync(withFaults: true) : plain;
                var findings = new List<Finding>();
                while (findings.Count < PlaysOf(findings, repeats))
                {
                    findings.Add(await PlayAsync(one, app));
                }

                var score = new Score(one, findings);
                scores.Add(score);
                report?.Invoke(score);
            }

            return new(contender, plain.Version, scores, null);
        }
        catch (Exception fault) when (plain is null && fault is InvalidOperationException or SessionStoreException)
        {
            return new(contender, "", scores, fault.Message);
        }
        finally
        {
            await DisposeAsync(faulty);
            await DisposeAsync(plain);
        }
    }

    private static int PlaysOf(List<Finding> findings, int repeats) =>
        findings.Exists(static finding => finding.Verdict is Verdict.NotApplicable or Verdict.Broken) ? 1
        : findings.Exists(static finding => finding.Verdict == Verdict.Fails) ? repeats
        : Math.Min(repeats, PlaysThatHold);

    private static async Task<Finding> PlayAsync(Case one, Application app)
    {
        try
        {
            return await one.PlayAsync(app).WaitAsync(s_patience);
        }
        catch (NotApplicableException missing)
        {
            return new(Verdict.NotApplicable, missing.Message);
        }
        catch (Exception fault) when (fault is InvalidOperationException or TimeoutException or HttpRequestException
            or OperationCanceledException)
        {
            return new(Verdict.Broken, fault.Message);
        }
    }

    private static async Task DisposeAsync(Application? app)
    {
        if (app is not null)
        {
            await app.DisposeAsync();
        }
    }
}
