using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sact.Session;

/// <summary>How many sessions are live, and when that was counted.</summary>
internal sealed record DashboardCounts(long SignedIn, long Pending, long Anonymous, DateTimeOffset CountedAt);

/// <summary>How many sessions ended.</summary>
internal sealed record DashboardEnded(long Ended);

/// <summary>How the answers of the dashboard are written, without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(AdministeredSessionPage))]
[JsonSerializable(typeof(AdministeredSessionDetails))]
[JsonSerializable(typeof(DashboardCounts))]
[JsonSerializable(typeof(DashboardEnded))]
internal sealed partial class DashboardJson : JsonSerializerContext;
