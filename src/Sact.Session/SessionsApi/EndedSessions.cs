using System.Text.Json.Serialization;

namespace Sact.Session;

/// <summary>How many sessions were ended.</summary>
internal sealed record EndedSessions([property: JsonPropertyName("ended")] long Ended);
