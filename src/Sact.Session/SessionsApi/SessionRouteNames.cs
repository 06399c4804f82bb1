using System.Globalization;

namespace Sact.Session;

/// <summary>
/// The endpoint names that <c>MapSactSessions</c> has given in one application. Routing refuses every request if two endpoints have one
/// name, wherever they are mapped.
/// </summary>
internal sealed class SessionRouteNames
{
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    /// <summary>
    /// Takes what follows the plain names. The first mapping of a registration keeps the names that links and generated clients use, and
    /// later ones are numbered in their order.
    /// </summary>
    public string TakeSuffix(string? name)
    {
        string first = string.IsNullOrEmpty(name) ? "" : "." + name;
        string suffix = first;
        for (int number = 2; !_taken.Add(suffix); number++)
        {
            suffix = string.Create(CultureInfo.InvariantCulture, $"{first}{number}");
        }

        return suffix;
    }
}
