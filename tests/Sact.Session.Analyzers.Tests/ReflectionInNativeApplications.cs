namespace Sact.Session.Analyzers.Tests;

/// <summary>SACT005.</summary>
public sealed class ReflectionInNativeApplications
{
    private const string Call = "session.SetAsync(\"alice\", new { theme = \"dark\" })";

    // As the SDK sets them for a native application.
    private static Dictionary<string, string> Examined =>
        new() { ["PublishAot"] = "true", ["EnableTrimAnalyzer"] = "true", ["EnableAotAnalyzer"] = "true" };

    [Theory]
    [InlineData("PublishAot")]
    [InlineData("PublishTrimmed")]
    public async Task IsReportedWhereTheAnalyzersOfDotnetAreOff(string property) =>
        Assert.Equal([$"SACT005 {Call}"], await In(Call, new() { [property] = "true" }).AlarmsAsync());

    [Theory]
    [InlineData("IL2026", "IL3050")]
    [InlineData("IL3050", "IL2026")]
    public async Task IsReportedWhereTheirWarningsAreOff(params string[] noWarn) => Assert.Equal(
        [$"SACT005 {Call}"],
        await In(Call, Examined, noWarn).AlarmsAsync());

    [Theory]
    [InlineData]
    [InlineData("IL2026")]
    [InlineData("IL3050")]
    public async Task IsNotReportedTwice(params string[] noWarn) => Assert.Empty(
        await In(Call, Examined, noWarn).AlarmsAsync());

    [Fact]
    public async Task IsNotReportedWithoutTrimming() => Assert.Empty(await In(Call, new() { ["PublishAot"] = "false" }).AlarmsAsync());

    [Theory]
    [InlineData("session.SetAsync(\"alice\", new System.Text.Json.Nodes.JsonObject())")]
    [InlineData("session.SetAsync(\"alice\")")]
    [InlineData("session.SetAsync(\"alice\", new SessionSignInOptions())")]
    [InlineData("session.SetAsync(\"alice\", default(System.Text.Json.JsonElement))")]
    public async Task IsNotReportedWithoutReflection(string call) =>
        Assert.Empty(await In(call, new() { ["PublishAot"] = "true" }).AlarmsAsync());

    [Theory]
    [InlineData("session.SetAsync(\"alice\", new { theme = \"dark\", session.Options.MaxSessionsPerUser })")]
    [InlineData("session.SetAsync(\"alice\", new { when = new Exception() })")]
    [InlineData("session.SetAsync(\"alice\", new Exception())")]
    public async Task IsNotReplacedWhereTheFieldsWouldDiffer(string call) =>
        Assert.Empty(await In(call, new() { ["PublishAot"] = "true" }).FixesAsync(new WriteJsonObject()));

    [Fact]
    public async Task IsReplacedByAJsonObject() => Assert.Equal(
        """
        using System.Text.Json.Nodes;
        using Sact.Session;
        class Handler
        {
            static void Main() { }
            public async Task RunAsync(ISactSession session, int count)
                => await session.SetAsync("alice", new JsonObject { ["theme"] = "dark", ["count"] = count });
        }
        """,
        await Snippet.FixAsync(
            new WriteJsonObject(),
            """
            using Sact.Session;
            class Handler
            {
                static void Main() { }
                public async Task RunAsync(ISactSession session, int count)
                    => await session.SetAsync("alice", new { theme = "dark", count });
            }
            """,
            new() { ["PublishAot"] = "true" }));

    private static Snippet In(string call, Dictionary<string, string> properties, params string[] noWarn) =>
        new($$"""class Handler { public async Task RunAsync(ISactSession session) => await {{call}}; }""")
        {
            IsLibrary = true,
            Properties = properties,
            NoWarn = noWarn,
        };
}
