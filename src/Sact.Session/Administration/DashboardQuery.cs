using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>The conditions of a search in the query string.</summary>
internal static class DashboardQuery
{
    private static readonly HashSet<string> s_names = new(StringComparer.OrdinalIgnoreCase)
    {
        "user", "state", "address", "agent", "createdFrom", "createdBefore", "seenFrom", "seenBefore", "size", "after", "all",
    };

    /// <summary>Reads the conditions. An empty value is no condition, as an empty field of the form is none.</summary>
    /// <returns>The query; null if a value cannot be read.</returns>
    public static SessionQuery? Read(IQueryCollection values)
    {
        // A misspelt condition would select, and end, more than the administrator meant.
        bool isReadable = values.Keys.All(static name => s_names.Contains(name));
        var query = new SessionQuery
        {
            UserId = One("user"),
            State = State(One("state")),
            Address = One("address"),
            UserAgent = One("agent"),
            CreatedFrom = Time(One("createdFrom")),
            CreatedBefore = Time(One("createdBefore")),
            LastSeenFrom = Time(One("seenFrom")),
            LastSeenBefore = Time(One("seenBefore")),
            PageSize = Number(One("size")) ?? new SessionQuery().PageSize,
            After = One("after"),
        };
        return isReadable ? query : null;

        string? One(string name)
        {
            var found = values[name];
            isReadable &= found.Count <= 1;
            return found.Count == 0 || string.IsNullOrEmpty(found[0]) ? null : found[0];
        }

        SessionState? State(string? value)
        {
            SessionState? state = value switch
            {
                "signedIn" => SessionState.SignedIn,
                "pending" => SessionState.Pending,
                "anonymous" => SessionState.Anonymous,
                _ => null,
            };
            isReadable &= value is null || state is not null;
            return state;
        }

        DateTimeOffset? Time(string? value)
        {
            bool isTime = Iso8601.TryParse(value, out var time);
            isReadable &= value is null || isTime;
            return isTime ? time : null;
        }

        int? Number(string? value)
        {
            bool isNumber = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
            isReadable &= value is null || isNumber;
            return isNumber ? number : null;
        }
    }
}
