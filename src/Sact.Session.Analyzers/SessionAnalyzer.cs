using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Sact.Session.Analyzers;

/// <summary>The base of the rules: they run where the session is referenced, and also in Razor files.</summary>
public abstract class SessionAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public sealed override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();

        // A Razor file is generated code to the compiler. It is the user's code all the same.
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.Analyze | GeneratedCodeAnalysisFlags.ReportDiagnostics);
        context.RegisterCompilationStartAction(start =>
        {
            if (SessionTypes.Find(start.Compilation) is { } types)
            {
                Start(start, types);
            }
        });
    }

    /// <summary>Registers what the rule looks at.</summary>
    /// <param name="context">The beginning of the compilation.</param>
    /// <param name="types">The types of the session.</param>
    private protected abstract void Start(CompilationStartAnalysisContext context, SessionTypes types);
}
