using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace Sact.Session.Analyzers.Tests;

/// <summary>A program of a user, compiled with the real package and examined by every rule.</summary>
internal sealed partial class Snippet
{
    // What the web SDK imports, so that a snippet shows only what matters.
    private const string Imports = """
        global using System;
        global using System.Collections.Generic;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using Microsoft.AspNetCore.Builder;
        global using Microsoft.AspNetCore.Hosting;
        global using Microsoft.AspNetCore.Http;
        global using Microsoft.AspNetCore.Routing;
        global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.Extensions.Hosting;
        global using Microsoft.Extensions.Logging;
        """;

    private static readonly MetadataReference[] s_references =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(file => MetadataReference.CreateFromFile(file)),
    ];

    private static readonly ImmutableArray<DiagnosticAnalyzer> s_analyzers = [.. typeof(SessionAnalyzer).Assembly.GetTypes()
        .Where(type => type.IsSubclassOf(typeof(DiagnosticAnalyzer)) && !type.IsAbstract)
        .Select(type => (DiagnosticAnalyzer)Activator.CreateInstance(type)!)];

    private readonly string _code;

    /// <summary>A program with <c>using Sact.Session</c> at its top.</summary>
    /// <param name="code">The rest of it.</param>
    public Snippet(string code) => _code = $"using Sact.Session;\n{code}";

    /// <summary>All rules of the package.</summary>
    public static IEnumerable<DiagnosticDescriptor> Rules => s_analyzers.SelectMany(analyzer => analyzer.SupportedDiagnostics);

    /// <summary>The name of the file; that of a generated one ends in <c>.g.cs</c>.</summary>
    public string File { get; init; } = "Program.cs";

    /// <summary>Whether it is a library and no application.</summary>
    public bool IsLibrary { get; init; }

    /// <summary>The properties of the project that the compiler sees.</summary>
    public Dictionary<string, string> Properties { get; init; } = [];

    /// <summary>The warnings that the project turns off.</summary>
    public string[] NoWarn { get; init; } = [];

    /// <summary>Each alarm, as the id and the code that it marks.</summary>
    public async Task<string[]> AlarmsAsync() =>
        [.. (await ExamineAsync(Project(_code, Imports))).Select(alarm => $"{alarm.Id} {Marked(alarm)}")];

    /// <summary>The program after the fix of its only alarm. It must compile, and have no alarm any more.</summary>
    /// <param name="provider">The fix.</param>
    /// <param name="code">The whole program.</param>
    /// <param name="properties">The properties of the project.</param>
    public static async Task<string> FixAsync(CodeFixProvider provider, string code, Dictionary<string, string>? properties = null)
    {
        var snippet = new Snippet("") { Properties = properties ?? [] };
        var project = snippet.Project(code, Imports);
        var actions = await snippet.ActionsAsync(provider, project);
        var operation = Assert.IsType<ApplyChangesOperation>(
            Assert.Single(await Assert.Single(actions).GetOperationsAsync(TestContext.Current.CancellationToken)));
        var changed = operation.ChangedSolution.GetProject(project.Id)!;
        Assert.Empty(await snippet.ExamineAsync(changed));
        return (await changed.Documents.First().GetTextAsync(TestContext.Current.CancellationToken)).ToString();
    }

    /// <summary>The titles of the fixes that are offered for the first alarm.</summary>
    /// <param name="provider">The fix.</param>
    public async Task<string[]> FixesAsync(CodeFixProvider provider) =>
        [.. (await ActionsAsync(provider, Project(_code, Imports))).Select(action => action.Title)];

    private async Task<List<CodeAction>> ActionsAsync(CodeFixProvider provider, Project project)
    {
        var actions = new List<CodeAction>();
        var alarm = (await ExamineAsync(project)).First();
        Assert.Contains(alarm.Id, provider.FixableDiagnosticIds);
        await provider.RegisterCodeFixesAsync(new CodeFixContext(
            project.GetDocument(alarm.Location.SourceTree)!,
            alarm,
            (action, _) => actions.Add(action),
            TestContext.Current.CancellationToken));
        return actions;
    }

    private async Task<ImmutableArray<Diagnostic>> ExamineAsync(Project project)
    {
        var compilation = (await project.GetCompilationAsync(TestContext.Current.CancellationToken))!;
        Assert.Empty(compilation.GetDiagnostics(TestContext.Current.CancellationToken)
            .Where(fault => fault.Severity == DiagnosticSeverity.Error));
        Exception? failure = null;
        var alarms = await compilation.WithAnalyzers(s_analyzers, new CompilationWithAnalyzersOptions(
                new AnalyzerOptions([], new ProjectProperties(Properties)),
                onAnalyzerException: (thrown, _, _) => failure = thrown,
                concurrentAnalysis: true,
                logAnalyzerExecutionTime: false))
            .GetAnalyzerDiagnosticsAsync(TestContext.Current.CancellationToken);
        Assert.Null(failure);
        return [.. alarms.OrderBy(alarm => alarm.Location.SourceSpan.Start).ThenBy(alarm => alarm.Id, StringComparer.Ordinal)];
    }

    private Project Project(params string[] codes)
    {
        var project = new AdhocWorkspace().AddProject("Snippet", LanguageNames.CSharp)
            .WithMetadataReferences(s_references)
            .WithParseOptions(new CSharpParseOptions(LanguageVersion.Preview))
            .WithCompilationOptions(new CSharpCompilationOptions(
                IsLibrary ? OutputKind.DynamicallyLinkedLibrary : OutputKind.ConsoleApplication,
                nullableContextOptions: NullableContextOptions.Enable,
                specificDiagnosticOptions: NoWarn.Select(id => KeyValuePair.Create(id, ReportDiagnostic.Suppress))));
        for (int i = 0; i < codes.Length; i++)
        {
            string file = i == 0 ? File : "Imports.cs";
            project = project.AddDocument(file, SourceText.From(codes[i]), filePath: file).Project;
        }

        return project;
    }

    private static string Marked(Diagnostic alarm) =>
        Spaces().Replace(alarm.Location.SourceTree!.GetText().ToString(alarm.Location.SourceSpan), " ");

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    private sealed class ProjectProperties(Dictionary<string, string> properties) : AnalyzerConfigOptionsProvider
    {
        public override AnalyzerConfigOptions GlobalOptions { get; } = new Values(properties);

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => GlobalOptions;

        public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) => GlobalOptions;
    }

    private sealed class Values(Dictionary<string, string> properties) : AnalyzerConfigOptions
    {
        public override bool TryGetValue(string key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? value)
        {
            string prefix = "build_property.";
            value = null;
            return key.StartsWith(prefix, StringComparison.Ordinal) && properties.TryGetValue(key[prefix.Length..], out value);
        }
    }
}
