using System.Collections.Concurrent;

[assembly: AssemblyFixture(typeof(Sact.Session.Browser.Tests.Site))]

namespace Sact.Session.Browser.Tests;

/// <summary>The sample and the browser, started once for all tests, at the first use.</summary>
public sealed class Site : IAsyncDisposable
{
    // Bounds of what must happen, not of how long it takes: machines under load are slow.
    private const float Patience = 30_000;

    private readonly Lazy<Task<(AccountsSite Accounts, IPlaywright Playwright, IBrowser Browser)>> _running = new(StartAsync);
    private readonly ConcurrentQueue<Uri> _asked = new();

    /// <summary>A browser of its own: no cookie, no history, nothing shared with another one.</summary>
    /// <param name="options">Null: a desktop window, light.</param>
    /// <param name="address">Which site it is at; null for the one of all tests.</param>
    public async Task<Visitor> VisitorAsync(BrowserNewContextOptions? options = null, Uri? address = null)
    {
        var (accounts, _, browser) = await _running.Value;
        options ??= new();
        options.BaseURL = (address ?? accounts.Address).ToString();
        var context = await browser.NewContextAsync(options);
        context.SetDefaultTimeout(Patience);
        context.Request += (_, request) => _asked.Enqueue(new Uri(request.Url));
        return new Visitor(context, await context.NewPageAsync());
    }

    public async Task<AccountsSite> AccountsAsync() => (await _running.Value).Accounts;

    public async ValueTask DisposeAsync()
    {
        if (_running is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            var (accounts, playwright, browser) = await _running.Value;
            await browser.DisposeAsync();
            playwright.Dispose();
            await accounts.DisposeAsync();
        }

        // What no test has asked for, none has allowed.
        Assert.All(_asked, url => Assert.True(url.IsLoopback, $"{url.Host} was asked."));
    }

    private static async Task<(AccountsSite Accounts, IPlaywright Playwright, IBrowser Browser)> StartAsync()
    {
        SetDefaultExpectTimeout(Patience);
        var playwright = await Playwright.CreateAsync();
        var browser = await Chromium.LaunchAsync(playwright);
        return (await AccountsSite.StartAsync(passwordsPerMinute: 10_000), playwright, browser);
    }
}
