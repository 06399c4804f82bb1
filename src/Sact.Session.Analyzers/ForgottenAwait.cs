using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Sact.Session.Analyzers;

/// <summary>SACT006: nobody awaits what a method of the session returns.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ForgottenAwait : SessionAnalyzer
{
    /// <summary>The id of the rule.</summary>
    public const string Id = "SACT006";

    private static readonly DiagnosticDescriptor s_rule = new(
        Id,
        "A call of the session is not awaited",
        "{0} is not awaited. The request may end before it, without a cookie, and a fault of the store is lost. Await it.",
        "Usage",
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        helpLinkUri: HelpPage.Of(Id));

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [s_rule];

    private protected override void Start(CompilationStartAnalysisContext context, SessionTypes types) =>
        context.RegisterOperationAction(operation => Examine(operation, types), OperationKind.ExpressionStatement);

    private static void Examine(OperationAnalysisContext context, SessionTypes types)
    {
        var dropped = ((IExpressionStatementOperation)context.Operation).Operation;
        if (dropped is ISimpleAssignmentOperation { Target: IDiscardOperation, Value: var value })
        {
            dropped = value;
        }

        if (Awaiting.CallOf(dropped) is { TargetMethod: var method } && Awaiting.IsTask(method.ReturnType) && types.IsOfSession(method))
        {
            context.Report(s_rule, context.Operation.Syntax.GetLocation(), method.Name);
        }
    }
}
