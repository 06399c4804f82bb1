using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sact.Session;

/// <summary>A device, as the dashboard shows it.</summary>
internal sealed record DashboardClient(string? UserAgent, string? RemoteAddress)
{
    public static DashboardClient? Of(SessionClient? client) => client is null ? null : new(client.UserAgent, client.RemoteAddress);
}

/// <summary>A session, as the dashboard shows it.</summary>
internal sealed record DashboardSession(
    string Key,
    string? UserId,
    SessionState State,
    int AssuranceLevel,
    bool IsPersistent,
    DateTimeOffset CreatedAt,
    DateTimeOffset? AuthenticatedAt,
    DateTimeOffset LastSeenAt,
    DateTimeOffset ExpiresAt,
    DashboardClient? SignInClient,
    DashboardClient? LastSeenClient)
{
    public static DashboardSession Of(AdministeredSession session) => new(
        session.Key.ToString(),
        session.UserId,
        session.State,
        session.AssuranceLevel,
        session.IsPersistent,
        session.CreatedAt,
        session.AuthenticatedAt,
        session.LastSeenAt,
        session.ExpiresAt,
        DashboardClient.Of(session.SignInClient),
        DashboardClient.Of(session.LastSeenClient));
}

/// <summary>A page of sessions.</summary>
internal sealed record DashboardPage(IReadOnlyList<DashboardSession> Sessions, string? Next, int Skipped);

/// <summary>One session with its time line.</summary>
internal sealed record DashboardDetails(
    string Key,
    DashboardSession? Session,
    SessionEndReason? EndReason,
    DateTimeOffset? EndedAt,
    IReadOnlyList<SessionTimelineEntry> Timeline);

/// <summary>How many sessions are live, and when that was counted.</summary>
internal sealed record DashboardCounts(long SignedIn, long Pending, long Anonymous, DateTimeOffset CountedAt);

/// <summary>How many sessions ended.</summary>
internal sealed record DashboardEnded(long Ended);

/// <summary>How the answers of the dashboard are written, without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(DashboardPage))]
[JsonSerializable(typeof(DashboardDetails))]
[JsonSerializable(typeof(DashboardCounts))]
[JsonSerializable(typeof(DashboardEnded))]
internal sealed partial class DashboardJson : JsonSerializerContext;
