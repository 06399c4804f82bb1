using System.Text.RegularExpressions;

namespace Sact.Session.Docs.Tests;

/// <summary>Every block of C# compiles, starts, and answers as its page says.</summary>
public sealed partial class BlocksOfThePages
{
    public static TheoryData<string> All => [.. Blocks().Select(block => block.ToString())];

    [Theory]
    [MemberData(nameof(All))]
    public async Task CompileAndRun(string name) => await TryAsync(Blocks().Single(block => block.ToString() == name));

    [Fact]
    public void AreFoundAtEveryDepth() => Assert.All(
        PagesOfTheRepository.ForUsers,
        page => Assert.Equal(page.CountOfCodeBlocks, page.CodeBlocks().Count()));

    [Fact]
    public void ThatMapAnAddressAreTriedThere() => Faults.None(
        Blocks().Where(block => Mapped().IsMatch(block.Code)
            && block.Requests.Count == 0
            && Mapped().Matches(block.Code).Any(match => match.Groups[1].Value is not ("/login" or "/me")
                && !IsTriedByItself(block, match.Groups[1].Value)))
            .Select(block => block.ToString()));

    [Theory]
    [InlineData("session.NoSuchMethod();", "CS1061")]
    [InlineData("session.DeleteAsync();", "CS4014")]
    [InlineData("_ = session.DeleteAsync();", "SACT006")]
    public async Task ThatDoNotCompileAreFound(string code, string fault)
    {
        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => TryAsync(new CodeBlock("planted.md", 1, code, null, [])));

        Assert.Contains(fault, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ThatFailAtStartUpAreFound()
    {
        var block = new CodeBlock("planted.md", 1, "builder.Services.AddSactSession(o => o.IdleTimeout = default);", null, []);

        await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(() => TryAsync(block));
    }

    [Fact]
    public async Task ThatAnswerAnythingElseAreFound()
    {
        var request = TriedRequest.Parse("GET /a => 200 nothing-of-the-kind");
        var block = new CodeBlock("planted.md", 1, "app.MapGet(\"/a\", () => \"b\");", null, [request]);

        await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(() => TryAsync(block));
    }

    [Fact]
    public async Task ThatArePastedNeedNoImportOfTheTests()
    {
        var block = new CodeBlock("planted.md", 1, "var builder = WebApplication.CreateBuilder(args); _ = typeof(SessionData);", null, []);

        Assert.Contains(
            "CS0246",
            (await Assert.ThrowsAsync<InvalidOperationException>(() => TryAsync(block))).Message,
            StringComparison.Ordinal);
    }

    private static IEnumerable<CodeBlock> Blocks() => PagesOfTheRepository.ForUsers.SelectMany(page => page.CodeBlocks());

    private static async Task TryAsync(CodeBlock block)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        string name = $"Page{Math.Abs(block.ToString().GetHashCode(StringComparison.Ordinal))}";
        var program = Compiler.Compile(name, block.Program, block.IsWhole);
        await using var running = await RunningProgram.StartAsync(program, cancellationToken);
        if (running.Address is not { } address || block.EndsByItself)
        {
            Assert.Empty(block.Requests);
            await running.Completion.WaitAsync(TimeSpan.FromMinutes(1), cancellationToken);
            return;
        }

        using var visitors = new Visitors(address);
        foreach (var request in block.Requests.Count > 0 ? block.Requests : UsualProgram.Requests(block.Code))
        {
            await visitors.SendAsync(request, cancellationToken);
        }
    }

    // A program that ends by itself sends its requests from the lines around the block.
    private static bool IsTriedByItself(CodeBlock block, string address) =>
        block.EndsByItself && block.Around!.Contains($"\"{address}\"", StringComparison.Ordinal);

    [GeneratedRegex("""\bMap(?:Get|Post|Put|Delete|Hub|SactSessions)(?:<\w+>)?\("([^"]+)"?""")]
    private static partial Regex Mapped();
}
