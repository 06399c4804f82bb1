using System.CommandLine;

namespace Sact.Session.Tool.Commands;

/// <summary>The option that makes the answer one for programs.</summary>
internal static class JsonOption
{
    public static Option<bool> Create() => new("--json") { Description = "Writes the answer as JSON." };
}
