using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Sact.Session.Analyzers;

/// <summary>
/// SACT005: an overload that needs reflection is called in an application that is trimmed or native, and the warnings of .NET are off.
/// </summary>
/// <remarks>
/// .NET reports such a call as IL2026 and IL3050. Projects turn those off as a whole, because other libraries cause many of them.
/// This rule reports only then, so that a call is never reported twice.
/// </remarks>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ReflectionUnderAot : SessionAnalyzer
{
    /// <summary>The id of the rule.</summary>
    public const string Id = "SACT005";

    private static readonly DiagnosticDescriptor s_rule = new(
        Id,
        "An object is written by reflection in a trimmed or native application",
        "{0} writes this object by reflection, which fails in a trimmed or native application. Pass a JsonObject or a JsonTypeInfo.",
        "Usage",
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        helpLinkUri: HelpPage.Of(Id));

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [s_rule];

    private protected override void Start(CompilationStartAnalysisContext context, SessionTypes types)
    {
        var properties = context.Options.AnalyzerConfigOptionsProvider.GlobalOptions;
        if (IsOn(properties, "PublishAot") || IsOn(properties, "PublishTrimmed"))
        {
            context.RegisterOperationAction(operation => Examine(operation, types, properties), OperationKind.Invocation);
        }
    }

    private static void Examine(OperationAnalysisContext context, SessionTypes types, AnalyzerConfigOptions properties)
    {
        var call = (IInvocationOperation)context.Operation;
        if (types.IsOfSession(call.TargetMethod)
            && call.TargetMethod.GetAttributes().Any(attribute => attribute.AttributeClass?.Name == "RequiresUnreferencedCodeAttribute")
            && !(IsOn(properties, "EnableTrimAnalyzer") && IsReported("IL2026", context))
            && !(IsOn(properties, "EnableAotAnalyzer") && IsReported("IL3050", context)))
        {
            context.Report(s_rule, call.Syntax.GetLocation(), call.TargetMethod.Name);
        }
    }

    private static bool IsOn(AnalyzerConfigOptions properties, string name) =>
        properties.TryGetValue($"build_property.{name}", out string? value) && bool.TryParse(value, out bool isOn) && isOn;

    // What NoWarn or .editorconfig says of the warning of .NET in this file.
    private static bool IsReported(string id, OperationAnalysisContext context)
    {
        var options = context.Compilation.Options;
        var tree = context.Operation.Syntax.SyntaxTree;
        if (options.SyntaxTreeOptionsProvider is { } files
            && (files.TryGetDiagnosticValue(tree, id, context.CancellationToken, out var severity)
                || files.TryGetGlobalDiagnosticValue(id, context.CancellationToken, out severity)))
        {
            return severity is not (ReportDiagnostic.Suppress or ReportDiagnostic.Hidden);
        }

        return !options.SpecificDiagnosticOptions.TryGetValue(id, out severity) || severity != ReportDiagnostic.Suppress;
    }
}
