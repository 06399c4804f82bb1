using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Sact.Session.Analyzers;

/// <summary>SACT001: the <c>ISession</c> of the framework is injected, where the session of this package is meant.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class WrongSessionType : SessionAnalyzer
{
    /// <summary>The id of the rule.</summary>
    public const string Id = "SACT001";

    private const string Framework = "Microsoft.AspNetCore.Http.ISession";

    private static readonly DiagnosticDescriptor s_rule = new(
        Id,
        "The ISession of the framework is injected",
        "'{0}' is Microsoft.AspNetCore.Http.ISession, which no service provides. Inject ISactSession or ISession<TStore>.",
        "Usage",
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        helpLinkUri: HelpPage.Of(Id));

    // The attributes by which a parameter of a method, or a property, takes a service.
    private static readonly string[] s_injecting =
    [
        "Microsoft.AspNetCore.Mvc.FromServicesAttribute",
        "Microsoft.Extensions.DependencyInjection.FromKeyedServicesAttribute",
        "Microsoft.AspNetCore.Components.InjectAttribute",
        "Microsoft.AspNetCore.Mvc.Razor.Internal.RazorInjectAttribute",
    ];

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [s_rule];

    private protected override void Start(CompilationStartAnalysisContext context, SessionTypes types)
    {
        if (context.Compilation.GetTypeByMetadataName(Framework) is not { } wrong)
        {
            return;
        }

        context.RegisterSymbolAction(symbol => Examine(symbol, (IMethodSymbol)symbol.Symbol, wrong), SymbolKind.Method);
        context.RegisterSymbolAction(symbol => Examine(symbol, (IPropertySymbol)symbol.Symbol, wrong), SymbolKind.Property);
        context.RegisterOperationAction(
            operation => ExamineHandler(operation, ((IAnonymousFunctionOperation)operation.Operation).Symbol, wrong),
            OperationKind.AnonymousFunction);
        context.RegisterOperationAction(
            operation => ExamineHandler(operation, ((IMethodReferenceOperation)operation.Operation).Method, wrong),
            OperationKind.MethodReference);
    }

    private static void Examine(SymbolAnalysisContext context, IMethodSymbol method, INamedTypeSymbol wrong)
    {
        foreach (var parameter in method.Parameters)
        {
            if (SessionTypes.Same(parameter.Type, wrong)
                && (IsInjecting(parameter) || IsOfMiddleware(method) || IsOfService(method, wrong, context)))
            {
                context.Report(s_rule, PlaceOf(parameter, context.CancellationToken), parameter.Name);
            }
        }
    }

    private static void Examine(SymbolAnalysisContext context, IPropertySymbol property, INamedTypeSymbol wrong)
    {
        if (SessionTypes.Same(property.Type, wrong) && IsInjecting(property))
        {
            context.Report(s_rule, PlaceOf(property, context.CancellationToken), property.Name);
        }
    }

    // A handler of a minimal API is a delegate of any type, and its parameters are injected.
    private static void ExamineHandler(OperationAnalysisContext context, IMethodSymbol handler, INamedTypeSymbol wrong)
    {
        var parent = context.Operation.Parent;
        while (parent is IConversionOperation or IDelegateCreationOperation)
        {
            parent = parent.Parent;
        }

        if (parent is not IArgumentOperation { Parameter.Type: { Name: "Delegate", ContainingNamespace.Name: "System" } })
        {
            return;
        }

        foreach (var parameter in handler.Parameters)
        {
            // One with an attribute is reported where its method is.
            bool isReported = handler.MethodKind == MethodKind.Ordinary && IsInjecting(parameter);
            if (SessionTypes.Same(parameter.Type, wrong) && !isReported)
            {
                context.Report(s_rule, PlaceOf(parameter, context.CancellationToken), parameter.Name);
            }
        }
    }

    private static bool IsInjecting(ISymbol symbol) =>
        symbol.GetAttributes().Any(attribute => s_injecting.Contains(attribute.AttributeClass?.ToDisplayString()));

    private static bool IsOfMiddleware(IMethodSymbol method) =>
        method is { Name: "Invoke" or "InvokeAsync", DeclaredAccessibility: Accessibility.Public, IsStatic: false }
        && method.Parameters[0].Type.ToDisplayString() == "Microsoft.AspNetCore.Http.HttpContext";

    // A decorator of the framework's session, a record, and what the application creates by itself are no services.
    private static bool IsOfService(IMethodSymbol method, INamedTypeSymbol wrong, SymbolAnalysisContext context) =>
        method is { MethodKind: MethodKind.Constructor, ContainingType: { IsRecord: false, TypeKind: TypeKind.Class } type }
        && !type.AllInterfaces.Contains(wrong, SymbolEqualityComparer.Default)
        && !IsCreatedByHand(type.Name, context);

    // By names alone: reading every file for its meaning would cost too much, and this runs only where the wrong type was found.
    private static bool IsCreatedByHand(string type, SymbolAnalysisContext context) =>
        context.Compilation.SyntaxTrees.Any(tree => tree.GetRoot(context.CancellationToken).DescendantNodes().Any(node => node switch
        {
            ObjectCreationExpressionSyntax created => NameOf(created.Type) == type,
            VariableDeclarationSyntax declared => NameOf(declared.Type) == type
                && declared.Variables.Any(variable => variable.Initializer?.Value is ImplicitObjectCreationExpressionSyntax),
            _ => false,
        }));

    private static string? NameOf(TypeSyntax type) => type switch
    {
        QualifiedNameSyntax qualified => qualified.Right.Identifier.ValueText,
        AliasQualifiedNameSyntax alias => alias.Name.Identifier.ValueText,
        SimpleNameSyntax simple => simple.Identifier.ValueText,
        _ => null,
    };

    private static Location PlaceOf(ISymbol symbol, CancellationToken cancellationToken)
    {
        var type = symbol.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax(cancellationToken) switch
        {
            ParameterSyntax parameter => parameter.Type,
            PropertyDeclarationSyntax property => property.Type,
            _ => null,
        };
        type = type is NullableTypeSyntax nullable ? nullable.ElementType : type;
        return type?.GetLocation() ?? symbol.Locations[0];
    }
}
