using Accounts.Web;

namespace Sact.Session.Browser.Tests;

public sealed class Words
{
    [Theory]
    [InlineData("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows")]
    [InlineData(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36"
        + " (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
        "Edge on Windows")]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", "Chrome on Linux")]
    [InlineData(
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36"
        + " (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
        "Samsung Internet on Android")]
    [InlineData(
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15"
        + " (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
        "Safari on iPhone")]
    [InlineData(
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15"
        + " (KHTML, like Gecko) CriOS/142.0.0.0 Mobile/15E148 Safari/604.1",
        "Chrome on iPhone")]
    [InlineData(
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15"
        + " (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
        "Safari on Mac")]
    [InlineData(
        "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36"
        + " (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 OPR/124.0.0.0",
        "Opera on ChromeOS")]
    [InlineData("curl/8.14.1", "curl")]
    [InlineData("Windows", "Windows")]
    [InlineData("", "Unknown device")]
    [InlineData(null, "Unknown device")]
    public void NameADevice(string? userAgent, string name) => Assert.Equal(name, DeviceName.From(userAgent));

    [Theory]
    [InlineData(-5, "just now")]
    [InlineData(59, "just now")]
    [InlineData(60, "a minute ago")]
    [InlineData(59 * 60, "59 minutes ago")]
    [InlineData(3600, "an hour ago")]
    [InlineData(23 * 3600 + 3599, "23 hours ago")]
    [InlineData(24 * 3600, "a day ago")]
    [InlineData(6 * 24 * 3600, "6 days ago")]
    [InlineData(7 * 24 * 3600, "24 Nov 2026")]
    public void NameADistance(int seconds, string words)
    {
        var at = new DateTimeOffset(2026, 11, 24, 6, 30, 0, TimeSpan.Zero);

        Assert.Equal(words, Ago.Text(at, at.AddSeconds(seconds)));
    }
}
