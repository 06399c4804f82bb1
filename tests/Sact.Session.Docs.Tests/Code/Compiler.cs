using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Sact.Session.Docs.Tests;

/// <summary>Compiles a program of a page as a web project does, source generator of System.Text.Json included.</summary>
internal static class Compiler
{
    private static readonly MetadataReference[] s_references =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(file => MetadataReference.CreateFromFile(file)),
    ];

    private static readonly ImmutableArray<ISourceGenerator> s_generators = JsonGenerators();

    private static readonly ImmutableArray<DiagnosticAnalyzer> s_analyzers = [.. typeof(Analyzers.SessionAnalyzer).Assembly.GetTypes()
        .Where(type => type.IsSubclassOf(typeof(DiagnosticAnalyzer)) && !type.IsAbstract)
        .Select(type => (DiagnosticAnalyzer)Activator.CreateInstance(type)!)];

    // Unread variables are usual in a sample. A wrong null, or a call that nobody awaits, is a fault of the page.
    private static readonly HashSet<string> s_faults = ["CS4014", "CS8600", "CS8602", "CS8604", "CS8625", "CS0618"];

    /// <summary>Compiles the program.</summary>
    /// <param name="name">The name of the assembly.</param>
    /// <param name="program">The program: statements at the top level, types after them.</param>
    /// <param name="pasted">Whether nothing but the imports of a web project may be needed.</param>
    /// <param name="isMistake">Whether it shows a mistake, which an analyzer of the package may report.</param>
    /// <exception cref="InvalidOperationException">
    /// It does not compile, or an analyzer of the package warns. The message has the faults and the program.
    /// </exception>
    public static Assembly Compile(string name, string program, bool pasted, bool isMistake = false)
    {
        var options = new CSharpParseOptions(LanguageVersion.Preview);
        string[] sources = pasted
            ? [program, UsualProgram.ImplicitUsings]
            : [program, UsualProgram.ImplicitUsings, UsualProgram.Usings, UsualProgram.Types];
        Compilation compilation = CSharpCompilation.Create(
            name,
            sources.Select(source => CSharpSyntaxTree.ParseText(source, options)),
            s_references,
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));
        if (program.Contains("JsonSerializable", StringComparison.Ordinal))
        {
            CSharpGeneratorDriver.Create(s_generators, parseOptions: options)
                .RunGeneratorsAndUpdateCompilation(compilation, out compilation, out _);
        }

        using var stream = new MemoryStream();
        var result = compilation.Emit(stream);
        var faults = result.Diagnostics.Where(fault => fault.Severity == DiagnosticSeverity.Error || s_faults.Contains(fault.Id)).ToList();
        if (faults.Count > 0)
        {
            throw new InvalidOperationException($"{string.Join('\n', faults)}\n\n{program}");
        }

        // What the package reports to a reader who pastes the block.
        var alarms = compilation.WithAnalyzers(s_analyzers).GetAnalyzerDiagnosticsAsync(CancellationToken.None).GetAwaiter().GetResult()
            .Where(alarm => alarm.Severity >= DiagnosticSeverity.Warning).ToList();
        if (alarms.Count > 0 && !isMistake)
        {
            throw new InvalidOperationException($"{string.Join('\n', alarms)}\n\n{program}");
        }

        stream.Position = 0;
        return new AssemblyLoadContext(name, isCollectible: true).LoadFromStream(stream);
    }

    private static ImmutableArray<ISourceGenerator> JsonGenerators()
    {
        string runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        string packs = Path.Combine(runtime, "..", "..", "..", "packs", "Microsoft.NETCore.App.Ref");
        string newest = Directory.EnumerateDirectories(packs, "10.*").Order(StringComparer.Ordinal).Last();
        var file = new AnalyzerFileReference(
            Path.GetFullPath(Path.Combine(newest, "analyzers", "dotnet", "cs", "System.Text.Json.SourceGeneration.dll")), new Loader());
        return file.GetGenerators(LanguageNames.CSharp);
    }

    private sealed class Loader : IAnalyzerAssemblyLoader
    {
        public void AddDependencyLocation(string fullPath)
        {
        }

        public Assembly LoadFromPath(string fullPath) => Assembly.LoadFrom(fullPath);
    }
}
