using Sact.Session.Scoreboard;

namespace Sact.Session.Docs.Tests;

/// <summary>The scoreboard in a small form: every case once, without a server and without Node.</summary>
public sealed class SmallScoreboard
{
    /// <summary>What AddSession is known to fail. A case that nothing can fail proves nothing.</summary>
    private static readonly string[] s_failedByAddSession =
    [
        "anonymous-id-kept", "other-users-id-kept", "data-inherited", "login-survives-login", "next-user-gets-the-id", "two-cookies",
        "other-case", "no-host-prefix", "not-secure", "late-write-resurrects", "late-answer-signs-in-again", "late-answer-changes-user",
        "cookie-stays", "two-fields", "lost-increment", "stored-after-the-answer", "shared-cache-keeps-page", "output-cache-mixes-users",
        "response-cache-mixes-users", "page-stays-in-browser", "outage-signs-out", "outage-drops-writes", "outage-drops-sign-in",
        "outage-drops-sign-out", "used-session-never-ends", "expired-id-reused",
    ];

    [Fact]
    public Task OverMemoryHasNoFailure() => HasNoFailureAsync(AllContenders.Memory);

    [Fact]
    public Task OverSqliteHasNoFailure() => HasNoFailureAsync(AllContenders.Sqlite);

    [Fact]
    public async Task OfAddSessionHasItsKnownFailures()
    {
        var result = await Tournament.PlayAsync(AllContenders.AddSession, AllCases.List, repeats: 1);

        Assert.Null(result.Missing);
        Assert.Equal(s_failedByAddSession, Of(result, Verdict.Fails));
        Assert.Empty(Of(result, Verdict.Broken));
    }

    private static async Task HasNoFailureAsync(Contender contender)
    {
        var result = await Tournament.PlayAsync(contender, AllCases.List, repeats: 1);

        Assert.Null(result.Missing);
        Faults.None(result.Scores.Where(score => score.Verdict is Verdict.Fails or Verdict.Broken)
            .Select(score => $"{score.Case.Id}: {score.Seen}"));

        // Nearly all apply: a contender that offers nothing would fail nothing.
        Assert.InRange(result.Count(Verdict.Holds), AllCases.List.Count - 2, AllCases.List.Count);
    }

    private static IEnumerable<string> Of(Result result, Verdict verdict) =>
        result.Scores.Where(score => score.Verdict == verdict).Select(score => score.Case.Id);
}
