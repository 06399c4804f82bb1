namespace Sact.Session.Analyzers.Tests;

/// <summary>SACT001.</summary>
public sealed class WrongSessionTypes
{
    [Theory]
    [InlineData("class Cart(ISession session) { public object Of => session; }")]
    [InlineData("class Cart { public Cart(ISession? session) { } }")]
    [InlineData("class Cart : Microsoft.AspNetCore.Mvc.ControllerBase { public Cart(ISession session) { } }")]
    [InlineData("class Page { public void OnGet([Microsoft.AspNetCore.Mvc.FromServices] ISession session) { } }")]
    [InlineData("class Page { [Microsoft.AspNetCore.Components.Inject] public ISession Session { get; set; } = null!; }")]
    [InlineData("class Page { public void OnGet([FromKeyedServices(\"admin\")] ISession session) { } }")]
    [InlineData("class Ware { public Task InvokeAsync(HttpContext context, ISession session) => Task.CompletedTask; }")]
    [InlineData("class Ends { void Map(WebApplication app) => app.MapGet(\"/\", (ISession session) => session.Id); }")]
    [InlineData("class Ends { void Map(WebApplication app) => app.MapGet(\"/\", async (int n, ISession? s) => await s!.LoadAsync()); }")]
    [InlineData("class Ends { void Map(WebApplication app) => app.MapGet(\"/\", Get); string Get(ISession session) => session.Id; }")]
    public async Task AreReportedWhereTheyAreInjected(string code) =>
        Assert.Equal(["SACT001 ISession"], await new Snippet(code) { IsLibrary = true }.AlarmsAsync());

    [Theory]
    [InlineData("class Cart(ISactSession session) { public object Of => session; }")]
    [InlineData("class Cart<T>(ISession<T> session) where T : IGenericStore { public object Of => session; }")]
    [InlineData("class Cart { public static void Clear(ISession session) => session.Clear(); }")]
    [InlineData("static class More { public static string Name(this ISession session) => session.Id; }")]
    [InlineData("record Seen(ISession Session);")]
    [InlineData("class Cart(ISession session) { public object Of => session; static Cart Make(HttpContext c) => new Cart(c.Session); }")]
    [InlineData("class Cart(ISession session) { public object Of => session; void Make(HttpContext c) { Cart one = new(c.Session); } }")]
    [InlineData("class Cart { public ISession? Session { get; set; } }")]
    [InlineData("class Cart { Func<ISession, string> Name = (ISession session) => session.Id; }")]
    [InlineData("class Ends { void Map(WebApplication app) => app.MapGet(\"/\", (HttpContext c) => c.Session.Id); }")]
    public async Task AreNotReportedElsewhere(string code) =>
        Assert.Empty(await new Snippet(code) { IsLibrary = true }.AlarmsAsync());

    [Fact]
    public async Task AreNotReportedInADecoratorOfTheFrameworksSession() => Assert.Empty(await new Snippet("""
        abstract class Traced(ISession session) : ISession
        {
            public bool IsAvailable => session.IsAvailable;
            public string Id => session.Id;
            public abstract IEnumerable<string> Keys { get; }
            public void Clear() => session.Clear();
            public Task CommitAsync(CancellationToken t) => session.CommitAsync(t);
            public Task LoadAsync(CancellationToken t) => session.LoadAsync(t);
            public void Remove(string key) => session.Remove(key);
            public void Set(string key, byte[] value) => session.Set(key, value);
            public abstract bool TryGetValue(string key, out byte[] value);
        }
        """) { IsLibrary = true }.AlarmsAsync());

    [Fact]
    public async Task AreReplacedWithTheirImport() => Assert.Equal(
        """
        using Sact.Session;

        class Cart(ISactSession? session) { public string? Name => session?.ToString(); }
        class Program { static void Main() { } }
        """,
        await Snippet.FixAsync(
            new InjectSactSession(),
            """
            class Cart(ISession? session) { public string? Name => session?.ToString(); }
            class Program { static void Main() { } }
            """));

    [Fact]
    public async Task AreReplacedInAPropertyAndInALambda()
    {
        const string Program = """
            using Sact.Session;
            WebApplication.Create().MapGet("/", (int n, {0} session) => $"{n}{session}");
            """;
        const string Page = """
            using Sact.Session;
            class Page { [Microsoft.AspNetCore.Components.Inject] public {0} Session { get; set; } = null!; static void Main() { } }
            """;

        foreach (string code in new[] { Program, Page })
        {
            Assert.Equal(
                code.Replace("{0}", "ISactSession", StringComparison.Ordinal),
                await Snippet.FixAsync(new InjectSactSession(), code.Replace("{0}", "ISession", StringComparison.Ordinal)));
        }
    }
}
