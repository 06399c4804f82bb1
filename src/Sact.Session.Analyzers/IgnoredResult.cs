using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Sact.Session.Analyzers;

/// <summary>SACT002 and SACT008: a call says that it changed nothing, and nobody looks.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class IgnoredResult : SessionAnalyzer
{
    /// <summary>The id of the rule for a step-up and for the second factor.</summary>
    public const string RaiseId = "SACT002";

    /// <summary>The id of the rule for data and renewals.</summary>
    public const string WriteId = "SACT008";

    private static readonly DiagnosticDescriptor s_raise = new(
        RaiseId,
        "The result of RaiseAsync is ignored",
        "RaiseAsync returns false if nothing was raised. Do not continue as if the user had shown the factor; check the result.",
        "Usage",
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        helpLinkUri: HelpPage.Of(RaiseId));

    private static readonly DiagnosticDescriptor s_write = new(
        WriteId,
        "The result of a write to the session is ignored",
        "{0} changes nothing if nobody is signed in any more, and its result says so. Check it, or write '_ =' before 'await'.",
        "Usage",
        DiagnosticSeverity.Info,
        isEnabledByDefault: true,
        helpLinkUri: HelpPage.Of(WriteId));

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [s_raise, s_write];

    private protected override void Start(CompilationStartAnalysisContext context, SessionTypes types) =>
        context.RegisterOperationAction(operation => Examine(operation, types), OperationKind.ExpressionStatement);

    private static void Examine(OperationAnalysisContext context, SessionTypes types)
    {
        if (((IExpressionStatementOperation)context.Operation).Operation is not IAwaitOperation { Operation: var task }
            || Awaiting.CallOf(task) is not { TargetMethod: var method }
            || !types.IsOfSession(method))
        {
            return;
        }

        // StartAsync and DeleteSessionAsync are not listed: their false means that what was wanted is so already.
        switch (method.Name)
        {
            case "RaiseAsync":
                context.Report(s_raise, context.Operation.Syntax.GetLocation());
                break;
            case "UpdateAsync" or "ModifyAsync" or "RemoveAsync" or "RenewAsync":
                context.Report(s_write, context.Operation.Syntax.GetLocation(), method.Name);
                break;
        }
    }
}
