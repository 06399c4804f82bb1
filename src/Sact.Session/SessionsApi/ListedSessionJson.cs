using System.Text.Json.Serialization;

namespace Sact.Session;

/// <summary>
/// How the answers are written, without reflection. The application's JSON options include it, because OpenAPI describes types by them.
/// </summary>
[JsonSerializable(typeof(ListedSession[]))]
[JsonSerializable(typeof(EndedSessions))]
[JsonSerializable(typeof(TimeLeft))]
internal sealed partial class ListedSessionJson : JsonSerializerContext;
