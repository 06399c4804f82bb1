namespace Accounts.Web;

/// <summary>
/// A name that people know a device by, such as "Firefox on Windows". Only a hint: a client says of itself what it likes. Browsers quote
/// their ancestors in the User-Agent header, so the order matters.
/// </summary>
internal static class DeviceName
{
    private static readonly (string Mark, string Name)[] s_browsers =
    [
        ("Edg/", "Edge"), ("EdgA/", "Edge"), ("EdgiOS/", "Edge"),
        ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"), ("Vivaldi/", "Vivaldi"),
        ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"),
        ("Chrome/", "Chrome"), ("CriOS/", "Chrome"),
        ("Safari/", "Safari"), ("curl/", "curl"),
    ];

    private static readonly (string Mark, string Name)[] s_systems =
    [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("CrOS", "ChromeOS"),
        ("Macintosh", "Mac"),
        ("Linux", "Linux"),
    ];

    public static string From(string? userAgent)
    {
        string? browser = Find(s_browsers, userAgent), system = Find(s_systems, userAgent);
        return (browser, system) switch
        {
            (null, null) => "Unknown device",
            (null, _) => system,
            (_, null) => browser,
            _ => $"{browser} on {system}",
        };
    }

    /// <summary>Whether it looks like something held in a hand.</summary>
    public static bool IsHandheld(string? userAgent) => Find(s_systems, userAgent) is "iPhone" or "iPad" or "Android";

    private static string? Find((string Mark, string Name)[] list, string? userAgent) =>
        userAgent is null ? null : Array.Find(list, entry => userAgent.Contains(entry.Mark, StringComparison.Ordinal)).Name;
}
