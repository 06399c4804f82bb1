using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Sact.Session.Tests;

/// <summary>Calls that compile in many libraries and do something else than they say.</summary>
public sealed class CallsThatDoNotCompile
{
    [Theory]
    [InlineData("session.SetAsync(\"alice\", cancellationToken)", "Name the argument")]
    [InlineData("session.SetAsync(\"alice\", \"admin\")", "A string is not metadata")]
    [InlineData("session.RemoveAsync()", "needs the name of a field")]
    [Trait("abuse", "K26")]
    public void AreRefusedWithWhatToDo(string call, string advice)
    {
        string[] errors = Errors(call);

        Assert.Contains(errors, error => error.Contains(advice, StringComparison.Ordinal));
    }

    /// <summary>Without this one the facts above could hold because nothing compiles.</summary>
    [Theory]
    [InlineData("session.SetAsync(\"alice\", cancellationToken: cancellationToken)")]
    [InlineData("session.SetAsync(\"alice\", new() { [\"role\"] = \"admin\" }, cancellationToken)")]
    [InlineData("session.SetAsync(\"alice\", new { role = \"admin\" })")]
    [InlineData("session.SetAsync(\"alice\", null, new SessionSignInOptions())")]
    [InlineData("session.SetAsync(\"alice\", new SessionSignInOptions { IsPersistent = true })")]
    [InlineData("session.SetPendingAsync(\"alice\", null)")]
    [InlineData("session.StartAsync(null)")]
    [InlineData("session.RaiseAsync(2, null)")]
    [InlineData("session.RaiseAsync(2, new() { IdleTimeout = System.TimeSpan.FromMinutes(5) })")]
    [InlineData("session.RemoveAsync(\"theme\")")]
    [InlineData("session.RemoveAsync([\"theme\", \"role\"], cancellationToken)")]
    public void AndTheirRightFormsCompile(string call) => Assert.Empty(Errors(call));

    private static string[] Errors(string call)
    {
        string code = $$"""
            using Sact.Session;
            using System.Threading;

            class Caller
            {
                async System.Threading.Tasks.Task Call(ISactSession session, CancellationToken cancellationToken) { await {{call}}; }
            }
            """;
        var platform = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Append(typeof(ISactSession).Assembly.Location)
            .Distinct()
            .Select(file => MetadataReference.CreateFromFile(file));
        var options = new CSharpParseOptions(LanguageVersion.Preview);
        return [.. CSharpCompilation
            .Create(
                "Calls",
                [CSharpSyntaxTree.ParseText(code, options)],
                platform,
                new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary))
            .GetDiagnostics()
            .Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)
            .Select(diagnostic => diagnostic.ToString())];
    }
}
