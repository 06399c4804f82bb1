using Microsoft.CodeAnalysis;

namespace Sact.Session.Analyzers;

/// <summary>The types of the session in a compilation.</summary>
internal sealed class SessionTypes
{
    private readonly INamedTypeSymbol _session;
    private readonly INamedTypeSymbol? _overloads;

    private SessionTypes(INamedTypeSymbol session, INamedTypeSymbol? overloads)
    {
        _session = session;
        _overloads = overloads;
    }

    /// <summary>The name of the interface that is injected.</summary>
    public const string SessionName = "Sact.Session.ISactSession";

    /// <summary>The assembly of the package.</summary>
    public IAssemblySymbol Package => _session.ContainingAssembly;

    /// <summary>Finds the types; null if the compilation does not reference the package.</summary>
    /// <param name="compilation">The compilation.</param>
    public static SessionTypes? Find(Compilation compilation) =>
        compilation.GetTypeByMetadataName(SessionName) is { } session
            ? new SessionTypes(session, compilation.GetTypeByMetadataName("Sact.Session.SactSessionExtensions"))
            : null;

    /// <summary>Whether the method is one of the session: of the interface, of a class that implements it, or an overload.</summary>
    /// <param name="method">The method that is called.</param>
    public bool IsOfSession(IMethodSymbol method)
    {
        var type = (method.ReducedFrom ?? method).ContainingType;
        return Same(type, _overloads) || Same(type, _session) || type.AllInterfaces.Contains(_session, SymbolEqualityComparer.Default);
    }

    /// <summary>Whether the type or a base of it is the given one.</summary>
    /// <param name="type">The type.</param>
    /// <param name="wanted">The definition of the base; null if the compilation does not know it.</param>
    public static bool IsOrDerives(ITypeSymbol? type, INamedTypeSymbol? wanted)
    {
        for (var one = type; one is not null && wanted is not null; one = one.BaseType)
        {
            if (Same(one.OriginalDefinition, wanted))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether both are the same type.</summary>
    /// <param name="type">The one.</param>
    /// <param name="other">The other; null equals nothing.</param>
    public static bool Same(ISymbol? type, ISymbol? other) => other is not null && SymbolEqualityComparer.Default.Equals(type, other);
}
