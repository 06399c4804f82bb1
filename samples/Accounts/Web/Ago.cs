using System.Globalization;

namespace Accounts.Web;

/// <summary>
/// Instants in words. The server does not know the visitor's time zone, so what is near is told by distance and what is far by its date in
/// UTC.
/// </summary>
internal static class Ago
{
    public static string Text(DateTimeOffset at, DateTimeOffset now) => (now - at) switch
    {
        { TotalMinutes: < 1 } => "just now",
        { TotalMinutes: < 60 } and { Minutes: var minutes } => minutes == 1 ? "a minute ago" : $"{minutes} minutes ago",
        { TotalHours: < 24 } and { Hours: var hours } => hours == 1 ? "an hour ago" : $"{hours} hours ago",
        { TotalDays: < 7 } and { Days: var days } => days == 1 ? "a day ago" : $"{days} days ago",
        _ => Date(at),
    };

    public static string Date(DateTimeOffset at) => at.ToString("d MMM yyyy", CultureInfo.InvariantCulture);

    public static string Exact(DateTimeOffset at) => at.ToString("d MMM yyyy, HH:mm 'UTC'", CultureInfo.InvariantCulture);

    public static string Machine(DateTimeOffset at) => at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
