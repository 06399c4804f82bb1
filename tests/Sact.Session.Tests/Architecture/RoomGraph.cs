using System.Reflection;
using System.Text.RegularExpressions;
using ArchUnitNET.Domain;
using ArchUnitNET.Loader;

namespace Sact.Session.Tests.Architecture;

/// <summary>
/// Which folder of the source uses which other one, read from the compiled assembly: types in signatures and bodies, and every call, so
/// that calls of extension methods count as well.
/// </summary>
internal sealed partial class RoomGraph
{
    private readonly Dictionary<(string From, string To), SortedSet<string>> _uses = [];

    /// <summary>Reads an assembly and the source that it was built from.</summary>
    /// <param name="assembly">The assembly.</param>
    /// <param name="source">The folder of its source. A folder that directly holds files is a room.</param>
    public RoomGraph(System.Reflection.Assembly assembly, string source)
    {
        Rooms = RoomsOf(source);
        var architecture = new ArchLoader().LoadAssembly(assembly).Build();
        foreach (var type in architecture.Types)
        {
            foreach (var dependency in type.Dependencies)
            {
                if (RoomOf(type) is { } from && RoomOf(dependency.Target) is { } to && from != to)
                {
                    Uses(from, to).Add($"{OuterName(type)} uses {OuterName(dependency.Target)}");
                }
            }
        }
    }

    /// <summary>The room of each type, by the name of the type.</summary>
    public IReadOnlyDictionary<string, string> Rooms { get; }

    /// <summary>Each use of a room by another, with the types that are the reason.</summary>
    public IEnumerable<(string From, string To, IEnumerable<string> Reasons)> AllUses =>
        _uses.Select(use => (use.Key.From, use.Key.To, use.Value.AsEnumerable()));

    /// <summary>Every circle of two or more rooms, with the types that close it.</summary>
    public IEnumerable<string> Circles()
    {
        foreach (var (from, to, reasons) in AllUses)
        {
            if (Reaches(to, from))
            {
                yield return $"{from} -> {to} -> … -> {from}: {string.Join(", ", reasons)}";
            }
        }
    }

    private bool Reaches(string from, string to)
    {
        var seen = new HashSet<string> { from };
        var open = new Stack<string>(seen);
        while (open.TryPop(out string? room))
        {
            if (room == to)
            {
                return true;
            }

            foreach (var use in _uses.Keys.Where(use => use.From == room && seen.Add(use.To)))
            {
                open.Push(use.To);
            }
        }

        return false;
    }

    private SortedSet<string> Uses(string from, string to)
    {
        if (!_uses.TryGetValue((from, to), out var reasons))
        {
            _uses.Add((from, to), reasons = []);
        }

        return reasons;
    }

    private string? RoomOf(IType type) => Rooms.GetValueOrDefault(OuterName(type));

    // Nested types, closures and state machines belong to the type that holds them.
    private static string OuterName(IType type) =>
        NameEnd().Replace(type.FullName[(type.FullName.Split('+', '/')[0].LastIndexOf('.') + 1)..], "");

    private static Dictionary<string, string> RoomsOf(string source)
    {
        var rooms = new Dictionary<string, string>();
        foreach (string file in Directory.EnumerateFiles(source, "*.cs", SearchOption.AllDirectories))
        {
            string room = Path.GetRelativePath(source, Path.GetDirectoryName(file)!).Replace('\\', '/');
            if (room.Split('/')[0] is "obj" or "bin")
            {
                continue;
            }

            foreach (Match declaration in Declaration().Matches(System.IO.File.ReadAllText(file)))
            {
                rooms[declaration.Groups["name"].Value] = room;
            }
        }

        return rooms;
    }

    [GeneratedRegex("[+/`<].*$")]
    private static partial Regex NameEnd();

    // A type of a namespace begins at the margin; a nested one does not.
    [GeneratedRegex(
        @"^(?:[a-z]+ )*(?:class|struct|interface|enum|delegate \S+|record(?: struct)?) (?<name>[A-Za-z]+)", RegexOptions.Multiline)]
    private static partial Regex Declaration();
}
