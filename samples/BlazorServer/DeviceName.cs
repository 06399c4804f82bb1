namespace BlazorServer;

/// <summary>A name that people know a device by. It is a hint only: a client can send any User-Agent.</summary>
internal static class DeviceName
{
    // Browsers name their ancestors in the User-Agent, so the order matters.
    private static readonly (string Mark, string Name)[] s_browsers =
        [("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];

    private static readonly (string Mark, string Name)[] s_systems =
        [("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac", "Mac"), ("Linux", "Linux")];

    public static string Of(string? userAgent) => (Find(s_browsers, userAgent), Find(s_systems, userAgent)) switch
    {
        (null, null) => "Unknown device",
        ({ } browser, null) => browser,
        (null, { } system) => system,
        ({ } browser, { } system) => $"{browser} on {system}",
    };

    private static string? Find((string Mark, string Name)[] list, string? userAgent) =>
        userAgent is null ? null : Array.Find(list, entry => userAgent.Contains(entry.Mark, StringComparison.Ordinal)).Name;
}
