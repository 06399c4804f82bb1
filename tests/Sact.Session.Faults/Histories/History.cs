using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sact.Session.Faults;

/// <summary>What a run was.</summary>
public sealed record RunDescription(string Store, int Seed, double Seconds);

/// <summary>All operations and faults of a run. In a file it has a line of JSON for each, and holds no secret.</summary>
public sealed class History
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };

    public RunDescription Run { get; set; } = new("none", 0, 0);

    public List<Operation> Operations { get; init; } = [];

    public List<InjectedFault> Faults { get; init; } = [];

    public static History Load(string path)
    {
        var history = new History();
        foreach (string line in File.ReadLines(path))
        {
            var part = JsonSerializer.Deserialize<Line>(line, s_json)!;
            history.Run = part.Run ?? history.Run;
            if (part.Operation is { } operation)
            {
                history.Operations.Add(operation);
            }

            if (part.Fault is { } fault)
            {
                history.Faults.Add(fault);
            }
        }

        return history;
    }

    public void Save(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        IEnumerable<Line> lines =
        [
            new(Run, null, null), .. Faults.Select(fault => new Line(null, fault, null)),
            .. Operations.Select(operation => new Line(null, null, operation)),
        ];
        File.WriteAllLines(path, lines.Select(line => JsonSerializer.Serialize(line, s_json)));
    }

    private sealed record Line(RunDescription? Run, InjectedFault? Fault, Operation? Operation);
}
