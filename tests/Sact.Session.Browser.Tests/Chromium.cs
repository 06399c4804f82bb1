namespace Sact.Session.Browser.Tests;

/// <summary>The browser that is installed on the machine; nothing is downloaded.</summary>
internal static class Chromium
{
    // The shell has no window to draw, and needs half the time of the whole browser.
    private static readonly string[] s_names = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];

    private static readonly string? s_path = (
        from name in s_names
        from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        let path = Path.Combine(folder, name)
        where File.Exists(path)
        select path).FirstOrDefault();

    public static async Task<IBrowser> LaunchAsync(IPlaywright playwright)
    {
        if (s_path is null)
        {
            Assert.SkipUnless(
                Environment.GetEnvironmentVariable("CI") == "true",
                "There is no Chromium on this machine's PATH (Debian package chromium).");
            Assert.Fail("CI needs Chromium (Debian package chromium), which is not on the PATH.");
        }

        return await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = s_path,
            Args =
            [
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",

                // Nothing but this machine has a name. Playwright's own routing would do too, but switches the browser's cache off.
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
            ],

            // A page that the browser keeps for its back button is what a test of the back button is about.
            IgnoreDefaultArgs = ["--disable-back-forward-cache"],
        });
    }
}
