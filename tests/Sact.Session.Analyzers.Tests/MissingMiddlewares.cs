namespace Sact.Session.Analyzers.Tests;

/// <summary>SACT007.</summary>
public sealed class MissingMiddlewares
{
    private const string Start = """
        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddSactSession();
        builder.Services.AddSactSession("admin");
        var app = builder.Build();

        """;

    [Theory]
    [InlineData("app.Run();")]
    [InlineData("app.MapGet(\"/\", () => 1);")]
    [InlineData("app.MapSactSessions(\"/devices\");")]
    public async Task AreReportedOnce(string rest) =>
        Assert.Equal(["SACT007 builder.Services.AddSactSession()"], await new Snippet(Start + rest).AlarmsAsync());

    [Theory]
    [InlineData("app.UseSactSession(); app.Run();")]
    [InlineData("app.Run(); static void Pipeline(IApplicationBuilder app) => app.UseSactSession();")]
    [InlineData("Use(app.UseSactSession); app.Run(); static void Use(Func<IApplicationBuilder> use) => use();")]
    public async Task AreNotReportedIfTheCallIsThere(string rest) => Assert.Empty(await new Snippet(Start + rest).AlarmsAsync());

    [Theory]
    [InlineData("builder.Services.AddAuthentication().AddSactSession();")]
    [InlineData("builder.Services.AddAuthentication().AddCookie().AddSactTicketStore();")]
    [InlineData("builder.Services.AddIdentityCore<Microsoft.AspNetCore.Identity.IdentityUser>().AddSactSession();")]
    public async Task AreNotReportedWhereTheSchemeAddsThem(string registration) => Assert.Empty(
        await new Snippet(Start.Replace("var app", $"{registration}\nvar app", StringComparison.Ordinal) + "app.Run();").AlarmsAsync());

    [Fact]
    public async Task AreNotReportedForALibrary() => Assert.Empty(await new Snippet(
        "class A { void B(IServiceCollection s, WebApplication app) { s.AddSactSession(); app.Run(); } }")
    {
        IsLibrary = true,
    }.AlarmsAsync());

    [Fact]
    public async Task AreNotReportedForAWorkerThatUsesTheStore() => Assert.Empty(await new Snippet("""
        var builder = Host.CreateApplicationBuilder(args);
        builder.Services.AddSactSession();
        builder.Build().Run();
        """).AlarmsAsync());

    [Fact]
    public async Task AreNotReportedWithoutARegistration() => Assert.Empty(await new Snippet("""
        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddAuthentication().AddSactSession();
        builder.Build().Run();
        """).AlarmsAsync());
}
