using System.Reflection;
using Microsoft.Extensions.Logging;

namespace Sact.Session.Tests;

/// <summary>Operators set alerts on event ids, so a change here breaks their alerts.</summary>
public sealed class LogEventTable
{
    private static readonly (int Id, string Name, LogLevel Level)[] s_table =
    [
        (1, "NotFound", LogLevel.Debug),
        (2, "Foreign", LogLevel.Debug),
        (3, "Stale", LogLevel.Information),
        (4, "Replayed", LogLevel.Warning),
        (5, "CookieMalformed", LogLevel.Debug),
        (6, "CookieConflict", LogLevel.Debug),
        (7, "Began", LogLevel.Information),
        (8, "Ended", LogLevel.Information),
        (9, "EndedMany", LogLevel.Information),
        (10, "Renewed", LogLevel.Debug),
        (11, "TouchFailed", LogLevel.Warning),
        (12, "StoreFault", LogLevel.Error),
        (13, "Misplaced", LogLevel.Error),
        (14, "SecureCookieOverHttp", LogLevel.Warning),
        (15, "PublicMadePrivate", LogLevel.Warning),
        (16, "ProtectedCookieUnreadable", LogLevel.Debug),
        (17, "CookieNotDeleted", LogLevel.Debug),
        (18, "ReplayNotEnded", LogLevel.Error),
        (19, "ClockJumped", LogLevel.Warning),
        (20, "AnonymousEvicted", LogLevel.Debug),
        (21, "MemoryFull", LogLevel.Error),
        (22, "EndedUnsent", LogLevel.Error),
        (23, "Insufficient", LogLevel.Information),
        (24, "CrossSite", LogLevel.Warning),
        (25, "Unreadable", LogLevel.Error),
        (26, "AnonymousRefused", LogLevel.Warning),
        (27, "Started", LogLevel.Information),
        (28, "MemoryOutsideDevelopment", LogLevel.Warning),
        (29, "SecureCookieOverLoopback", LogLevel.Debug),
        (30, "PrincipalUnreadable", LogLevel.Warning),
        (31, "PrincipalNotKept", LogLevel.Warning),
        (32, "ReturnUrlIgnored", LogLevel.Information),
        (33, "TicketUnreadable", LogLevel.Warning),
        (34, "TicketNotRenewed", LogLevel.Debug),
        (35, "SignInOutdated", LogLevel.Warning),
        (36, "ChangedUserNotRead", LogLevel.Error),
        (37, "FieldNotMapped", LogLevel.Warning),
        (38, "FollowsProfile", LogLevel.Information),
        (39, "DisabledTooLate", LogLevel.Warning),
        (40, "BridgeNotCommitted", LogLevel.Error),
        (41, "BridgeSessionGone", LogLevel.Information),
        (42, "BridgeDropped", LogLevel.Debug),
        (43, "NotKept", LogLevel.Warning),
        (44, "BridgeUnreadable", LogLevel.Warning),
        (45, "ExpiresEarlier", LogLevel.Warning),
        (50, "WatchedEnded", LogLevel.Debug),
        (51, "WatchedUnchecked", LogLevel.Warning),
        (52, "NotListening", LogLevel.Warning),
        (53, "EndCallbackFailed", LogLevel.Error),
        (54, "ObserverFailed", LogLevel.Error),
        (55, "ObserverSlow", LogLevel.Warning),
        (56, "ObserverDropped", LogLevel.Error),
        (60, "EndedOne", LogLevel.Information),
        (61, "EndedUser", LogLevel.Information),
        (62, "EndedMatching", LogLevel.Information),
        (63, "EndedAll", LogLevel.Information),
        (64, "Failed", LogLevel.Warning),
    ];

    [Fact]
    public void HasStableIdsNamesAndLevels()
    {
        var events = typeof(SessionLog).Assembly.GetTypes().Where(type => type.Name.EndsWith("Log", StringComparison.Ordinal))
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public))
            .Select(method => (Method: method.Name, Event: method.GetCustomAttribute<LoggerMessageAttribute>()))
            .Where(pair => pair.Event is not null)
            .Select(pair => (pair.Event!.EventId, pair.Method, pair.Event.Level))
            .Order()
            .ToArray();

        Assert.Equal(s_table, events);
        Assert.Equal(events.Length, events.Select(logged => logged.EventId).Distinct().Count());
    }

    [Fact]
    public async Task MatchesWhatIsLogged()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync();
        await host.Request(id).Session.RenewAsync();
        await host.Request(id).Session.DeleteAsync();

        Assert.Equal(
            [(7, "Began", LogLevel.Information), (10, "Renewed", LogLevel.Debug), (8, "Ended", LogLevel.Information)],
            host.Events.Select(logged => (logged.Id.Id, logged.Id.Name!, logged.Level)));
    }
}
