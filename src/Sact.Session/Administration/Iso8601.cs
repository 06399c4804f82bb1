using System.Globalization;

namespace Sact.Session;

/// <summary>Reads the times of an administrator's conditions.</summary>
internal static class Iso8601
{
    // Nothing else: 04/03 is a day in March or in April, depending on the reader, and a condition may end sessions.
    private static readonly string[] s_formats =
        ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    /// <summary>Reads a day, or a time. It is UTC unless it has an offset.</summary>
    public static bool TryParse(string? value, out DateTimeOffset time) =>
        DateTimeOffset.TryParseExact(value, s_formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
}
