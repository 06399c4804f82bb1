namespace Sact.Session.Analyzers.Tests;

/// <summary>SACT004.</summary>
public sealed class LoggedSessionIds
{
    private const string Id = "SACT004 session.GetSessionId()";

    [Theory]
    [InlineData("log.LogInformation(\"{Id}\", session.GetSessionId());")]
    [InlineData("log.LogWarning(new Exception(), $\"{session.GetSessionId()}\");")]
    [InlineData("log.LogError(\"id \" + session.GetSessionId());")]
    [InlineData("log.BeginScope(new Dictionary<string, object> { [\"id\"] = session.GetSessionId() });")]
    [InlineData("log.BeginScope(\"{Id}\", session.GetSessionId());")]
    [InlineData("log.LogInformation(\"{Id}\", session.GetSessionId().Substring(0, 8));")]
    [InlineData("log.LogInformation(\"{Id}\", session.GetSessionId()[..8]);")]
    [InlineData("log.LogInformation(string.Format(\"{0}\", session.GetSessionId()));")]
    [InlineData("Log.SignedIn(log, session.GetSessionId());")]
    [InlineData("Console.WriteLine(session.GetSessionId());")]
    [InlineData("Console.Write($\"id {session.GetSessionId(),40}\");")]
    [InlineData("Console.Error.WriteLine(session.GetSessionId());")]
    [InlineData("System.Diagnostics.Debug.WriteLine(session.GetSessionId());")]
    [InlineData("System.Diagnostics.Trace.TraceInformation(session.GetSessionId());")]
    public async Task AreReported(string statement) => Assert.Equal([Id], await In(statement).AlarmsAsync());

    [Theory]
    [InlineData("log.LogInformation(\"{Id}\", own.SessionId);", "own.SessionId")]
    [InlineData("string id = session.GetSessionId(); log.LogInformation(\"{Id}\", id);", "id")]
    [InlineData("var id = own.SessionId; var line = $\"id {id}\"; Console.WriteLine(line);", "line")]
    [InlineData("System.Diagnostics.Debug.Assert(true); System.Diagnostics.Debug.WriteIf(true, $\"{own.SessionId}\");", "own.SessionId")]
    public async Task AreReportedByOtherWays(string statement, string marked) =>
        Assert.Equal([$"SACT004 {marked}"], await In(statement).AlarmsAsync());

    [Theory]
    [InlineData("log.LogInformation(\"{Key}\", session.GetKey());")]
    [InlineData("Console.WriteLine(session.GetKey());")]
    [InlineData("log.LogInformation(\"{Length}\", session.GetSessionId().Length);")]
    [InlineData("log.LogInformation(\"{Same}\", session.GetSessionId() == \"a\");")]
    [InlineData("log.LogInformation(\"{Same}\", session.GetSessionId().StartsWith('a'));")]
    [InlineData("log.LogInformation(\"{Key}\", store.GetSessionKey(session.GetSessionId()));")]
    [InlineData("log.LogInformation(\"{Name}\", nameof(session.GetSessionId));")]
    [InlineData("string id = session.GetSessionId(); log.LogInformation(\"{User}\", \"alice\"); GC.KeepAlive(id);")]
    [InlineData("log.LogInformation(\"{Id}\", new Order().SessionId);")]
    [InlineData("Console.SetOut(new System.IO.StringWriter(new System.Text.StringBuilder(session.GetSessionId())));")]
    public async Task AreNotKeysOrWhatSaysNothingOfThem(string statement) => Assert.Empty(await In(statement).AlarmsAsync());

    private static Snippet In(string statement) => new($$"""
        using Sact.Session.Stores;
        class Handler
        {
            public void Run(ILogger<Handler> log, ISactSession session, Session<MemoryStore> own, IGenericStore store) { {{statement}} }
        }
        class Order { public string SessionId => ""; }
        static class Log { [LoggerMessage(1, LogLevel.Information, "{Id}")] public static void SignedIn(ILogger log, string id) { } }
        """) { IsLibrary = true };
}
