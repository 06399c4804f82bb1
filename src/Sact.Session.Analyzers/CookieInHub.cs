using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Sact.Session.Analyzers;

/// <summary>SACT003: a cookie of the session is written in a hub, where the response has started.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class CookieInHub : SessionAnalyzer
{
    /// <summary>The id of the rule.</summary>
    public const string Id = "SACT003";

    private const string Refused = "no cookie can be sent, and the call fails";
    private const string Kept = "the session ends, but the client keeps its cookie";

    private static readonly DiagnosticDescriptor s_rule = new(
        Id,
        "A cookie is written in a hub",
        "The connection of a hub has sent its response. {0} comes too late: {1}. Do it in an HTTP request.",
        "Usage",
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        helpLinkUri: HelpPage.Of(Id));

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [s_rule];

    private protected override void Start(CompilationStartAnalysisContext context, SessionTypes types)
    {
        if (context.Compilation.GetTypeByMetadataName("Microsoft.AspNetCore.SignalR.Hub") is { } hub)
        {
            context.RegisterOperationAction(operation => Examine(operation, types, hub), OperationKind.Invocation);
        }
    }

    private static void Examine(OperationAnalysisContext context, SessionTypes types, INamedTypeSymbol hub)
    {
        var call = (IInvocationOperation)context.Operation;
        if (types.IsOfSession(call.TargetMethod) && ConsequenceOf(call) is { } consequence && IsInHub(context.ContainingSymbol, hub))
        {
            context.Report(s_rule, call.Syntax.GetLocation(), call.TargetMethod.Name, consequence);
        }
    }

    private static string? ConsequenceOf(IInvocationOperation call) => call.TargetMethod.Name switch
    {
        "SetAsync" or "SetPendingAsync" or "StartAsync" or "RaiseAsync" or "RenewAsync" => Refused,
        "SetCookie" or "SetCustomCookie" or "SetCostumCookie" or "SetProtectedCookie" => Refused,
        "DeleteOtherSessionsAsync" when call.Arguments.Any(RenewsCurrent) => Refused,
        "DeleteAsync" or "DeleteAllSessionsAsync" => Kept,
        _ => null,
    };

    private static bool RenewsCurrent(IArgumentOperation argument) =>
        argument is { Parameter.Name: "renewCurrent", Value.ConstantValue: { HasValue: true, Value: true } };

    private static bool IsInHub(ISymbol place, INamedTypeSymbol hub)
    {
        for (var type = place as INamedTypeSymbol ?? place.ContainingType; type is not null; type = type.ContainingType)
        {
            if (SessionTypes.IsOrDerives(type, hub))
            {
                return true;
            }
        }

        return false;
    }
}
