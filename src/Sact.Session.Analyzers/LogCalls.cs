using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Sact.Session.Analyzers;

/// <summary>The calls that write to a log, to the console or to the debugger.</summary>
internal sealed class LogCalls(Compilation compilation)
{
    private readonly INamedTypeSymbol? _logger = compilation.GetTypeByMetadataName("Microsoft.Extensions.Logging.ILogger");
    private readonly INamedTypeSymbol? _extensions = compilation.GetTypeByMetadataName("Microsoft.Extensions.Logging.LoggerExtensions");
    private readonly INamedTypeSymbol? _message = compilation.GetTypeByMetadataName("Microsoft.Extensions.Logging.LoggerMessageAttribute");
    private readonly INamedTypeSymbol? _console = compilation.GetTypeByMetadataName("System.Console");
    private readonly INamedTypeSymbol? _debug = compilation.GetTypeByMetadataName("System.Diagnostics.Debug");
    private readonly INamedTypeSymbol? _trace = compilation.GetTypeByMetadataName("System.Diagnostics.Trace");

    /// <summary>Whether the call is one of them.</summary>
    /// <param name="call">The call.</param>
    public bool Contains(IInvocationOperation call)
    {
        var method = call.TargetMethod;
        var type = (method.ReducedFrom ?? method).ContainingType;
        return SessionTypes.Same(type, _extensions)
            || IsLogger(type)
            || (IsWriting(method.Name) && (IsOutput(type) || IsOfConsole(call.Instance)))
            || method.GetAttributes().Any(attribute => SessionTypes.Same(attribute.AttributeClass, _message));
    }

    private static bool IsWriting(string name) =>
        name.StartsWith("Write", StringComparison.Ordinal) || name.StartsWith("Trace", StringComparison.Ordinal) || name == "Print";

    private bool IsLogger(INamedTypeSymbol type) =>
        _logger is not null && (SessionTypes.Same(type, _logger) || type.AllInterfaces.Contains(_logger, SymbolEqualityComparer.Default));

    private bool IsOutput(INamedTypeSymbol type) =>
        SessionTypes.Same(type, _console) || SessionTypes.Same(type, _debug) || SessionTypes.Same(type, _trace);

    private bool IsOfConsole(IOperation? instance) =>
        instance is IPropertyReferenceOperation { Property: { Name: "Out" or "Error", ContainingType: var type } }
        && SessionTypes.Same(type, _console);
}
