using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Sact.Session.Analyzers;

/// <summary>Reports what the user wrote, and nothing that a generator wrote.</summary>
internal static class Reporting
{
    public static void Report(this OperationAnalysisContext context, DiagnosticDescriptor rule, Location place, params object[] values)
    {
        if (IsWritten(context.IsGeneratedCode, place))
        {
            context.ReportDiagnostic(Diagnostic.Create(rule, place, values));
        }
    }

    public static void Report(this SymbolAnalysisContext context, DiagnosticDescriptor rule, Location place, params object[] values)
    {
        if (IsWritten(context.IsGeneratedCode, place))
        {
            context.ReportDiagnostic(Diagnostic.Create(rule, place, values));
        }
    }

    // What comes from a Razor file is mapped to its lines.
    private static bool IsWritten(bool isGenerated, Location place) => !isGenerated || place.GetMappedLineSpan().HasMappedPath;
}
