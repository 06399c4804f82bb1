using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Sact.Session.Analyzers;

/// <summary>SACT007: an application registers the session and never calls <c>UseSactSession()</c>.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class MissingMiddleware : SessionAnalyzer
{
    /// <summary>The id of the rule.</summary>
    public const string Id = "SACT007";

    private static readonly DiagnosticDescriptor s_rule = new(
        Id,
        "UseSactSession() is missing",
        "The application registers the session and never calls UseSactSession(). Call app.UseSactSession() before the endpoints.",
        "Usage",
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        helpLinkUri: HelpPage.Of(Id),
        customTags: WellKnownDiagnosticTags.CompilationEnd);

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [s_rule];

    private protected override void Start(CompilationStartAnalysisContext context, SessionTypes types)
    {
        // A library may leave the pipeline to its application.
        if (context.Compilation.Options.OutputKind is OutputKind.ConsoleApplication or OutputKind.WindowsApplication
            && context.Compilation.GetTypeByMetadataName("Microsoft.AspNetCore.Builder.IApplicationBuilder") is { } pipeline)
        {
            var calls = new Calls(types, pipeline, context.Compilation.Assembly);
            context.RegisterOperationAction(
                operation => calls.Note(((IInvocationOperation)operation.Operation).TargetMethod, operation.Operation.Syntax),
                OperationKind.Invocation);
            context.RegisterOperationAction(
                operation => calls.Note(((IMethodReferenceOperation)operation.Operation).Method, operation.Operation.Syntax),
                OperationKind.MethodReference);
            context.RegisterCompilationEndAction(calls.Report);
        }
    }

    private sealed class Calls(SessionTypes types, INamedTypeSymbol pipeline, IAssemblySymbol application)
    {
        private readonly ConcurrentQueue<Location> _registrations = new();
        private volatile bool _isUsed;
        private volatile bool _hasPipeline;

        public void Note(IMethodSymbol method, SyntaxNode place)
        {
            var definition = method.ReducedFrom ?? method;
            bool isOfPackage = SessionTypes.Same(definition.ContainingAssembly, types.Package);
            switch (isOfPackage ? definition.ContainingType.Name : null)
            {
                case "SactSessionServiceCollectionExtensions":
                    _registrations.Enqueue(place.GetLocation());
                    break;

                // The authentication scheme and the ticket store add the middleware by themselves.
                case "SactSessionAuthenticationBuilderExtensions" or "SactSessionIdentityBuilderExtensions":
                    _isUsed = true;
                    break;
            }

            if (!IsOfPipeline(definition.ContainingType) && !(definition.IsStatic && definition.Parameters.Any(TakesPipeline)))
            {
                return;
            }

            _hasPipeline = true;
            if (isOfPackage ? definition.Name == "UseSactSession" : UsesPackage(definition.ContainingAssembly))
            {
                _isUsed = true;
            }
        }

        // A worker or a test registers the session for its store, and has no pipeline.
        public void Report(CompilationAnalysisContext context)
        {
            if (_hasPipeline && !_isUsed && !_registrations.IsEmpty)
            {
                context.ReportDiagnostic(Diagnostic.Create(s_rule, _registrations.OrderBy(InOrder, StringComparer.Ordinal).First()));
            }
        }

        private static string InOrder(Location place) => $"{place.SourceTree?.FilePath}:{place.SourceSpan.Start:D9}";

        private bool TakesPipeline(IParameterSymbol parameter) => IsOfPipeline(parameter.Type);

        private bool IsOfPipeline(ITypeSymbol type) =>
            SessionTypes.Same(type, pipeline)
            || type.AllInterfaces.Contains(pipeline, SymbolEqualityComparer.Default)
            || type.Name == "IEndpointRouteBuilder";

        // A library of the company may call it for its applications. The other packages of the session do not.
        private bool UsesPackage(IAssemblySymbol assembly) =>
            !SessionTypes.Same(assembly, application)
            && !assembly.Name.StartsWith(types.Package.Name, StringComparison.Ordinal)
            && assembly.Modules.Any(module => module.ReferencedAssemblies.Any(reference => reference.Name == types.Package.Name));
    }
}
