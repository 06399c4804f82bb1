using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Sact.Session.Analyzers;

/// <summary>SACT004: the session id, which is the secret, is written to a log or to the console.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class LoggedSessionId : SessionAnalyzer
{
    /// <summary>The id of the rule.</summary>
    public const string Id = "SACT004";

    private static readonly DiagnosticDescriptor s_rule = new(
        Id,
        "The session id is logged",
        "Who reads the session id in a log is signed in as its user. Log GetKey(), which names the session and opens nothing.",
        "Usage",
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        helpLinkUri: HelpPage.Of(Id));

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [s_rule];

    private protected override void Start(CompilationStartAnalysisContext context, SessionTypes types)
    {
        var logs = new LogCalls(context.Compilation);
        context.RegisterOperationAction(operation => Examine(operation, types, logs), OperationKind.Invocation);
    }

    private static void Examine(OperationAnalysisContext context, SessionTypes types, LogCalls logs)
    {
        var call = (IInvocationOperation)context.Operation;
        if (!logs.Contains(call))
        {
            return;
        }

        var seen = new HashSet<ILocalSymbol>(SymbolEqualityComparer.Default);
        foreach (var argument in call.Arguments)
        {
            if (FindId(argument.Value, types, seen, context.CancellationToken) is { } id)
            {
                context.Report(s_rule, id.Syntax.GetLocation());
            }
        }
    }

    // The value that carries the id, or the variable that does. Part of the secret is a secret: members of strings are followed.
    private static IOperation? FindId(
        IOperation value, SessionTypes types, HashSet<ILocalSymbol> seen, CancellationToken cancellationToken)
    {
        switch (value)
        {
            case IInvocationOperation { TargetMethod.Name: "GetSessionId" } call when types.IsOfSession(call.TargetMethod):
            case IInvocationOperation { TargetMethod.Name: "get_SessionId" } getter when IsOfPackage(getter.TargetMethod, types):
            case IPropertyReferenceOperation { Property.Name: "SessionId" } property when IsOfPackage(property.Property, types):
                return value;
            case ILocalReferenceOperation local:
                return seen.Add(local.Local) && InitialValueOf(local, cancellationToken) is { } initial
                    && FindId(initial, types, seen, cancellationToken) is not null ? value : null;

            case IInterpolatedStringAppendOperation { AppendCall: IInvocationOperation append }:
                return append.Arguments.Select(part => FindId(part.Value, types, seen, cancellationToken))
                    .FirstOrDefault(found => found is not null);

            // A hash, a length or a comparison of the id is not the id.
            case IInvocationOperation other when other.TargetMethod.ContainingType?.SpecialType != SpecialType.System_String:
            case IPropertyReferenceOperation { Property.IsIndexer: false }:
            case IBinaryOperation { OperatorKind: not BinaryOperatorKind.Add }:
            case IAnonymousFunctionOperation or INameOfOperation or IIsPatternOperation or IIsTypeOperation:
            case IInvocationOperation { Type.SpecialType: SpecialType.System_Boolean or SpecialType.System_Int32 }:
                return null;
            default:
                return value.ChildOperations.Select(part => FindId(part, types, seen, cancellationToken))
                    .FirstOrDefault(found => found is not null);
        }
    }

    private static bool IsOfPackage(ISymbol member, SessionTypes types) =>
        SessionTypes.Same(member.ContainingAssembly, types.Package)
        && (member.ContainingType.ContainingType ?? member.ContainingType).Name == "SessionProperties";

    private static IOperation? InitialValueOf(ILocalReferenceOperation local, CancellationToken cancellationToken) =>
        local.Local.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax(cancellationToken)
            is VariableDeclaratorSyntax { Initializer.Value: { } value }
            ? local.SemanticModel?.GetOperation(value, cancellationToken)
            : null;
}
