namespace Sact.Session.Browser.Tests;

/// <summary>
/// Somebody at the site: one browser context with one page, used by what is written on it, as people and screen readers do.
/// </summary>
public sealed class Visitor(IBrowserContext context, IPage page) : IAsyncDisposable
{
    public const string Password = "correct horse battery staple";

    public IBrowserContext Context => context;

    public IPage Page => page;

    /// <summary>A name that nobody has yet.</summary>
    public static string NewName() => $"ada-{Guid.NewGuid():N}"[..16];

    public async Task RegisterAsync(string userName, string password = Password)
    {
        await page.GotoAsync("/register");
        await page.GetByLabel("User name").FillAsync(userName);
        await page.GetByLabel("Password", new() { Exact = true }).FillAsync(password);
        await page.GetByLabel("Password, once more").FillAsync(password);
        await ClickAsync("Create the account");
        await Expect(page).ToHaveURLAsync(At("/profile"));
    }

    /// <summary>Fills in the form and sends it; where that leads is for the test to say.</summary>
    public async Task TrySignInAsync(string userName, string password = Password, bool remember = false)
    {
        await page.GotoAsync("/sign-in");
        await FillSignInAsync(userName, password);
        await page.GetByLabel("Remember me").SetCheckedAsync(remember);
        await ClickAsync("Sign in");
    }

    public async Task FillSignInAsync(string userName, string password = Password)
    {
        await page.GetByLabel("User name").FillAsync(userName);
        await page.GetByLabel("Password").FillAsync(password);
    }

    public async Task SignInAsync(string userName, string password = Password, bool remember = false)
    {
        await TrySignInAsync(userName, password, remember);
        await Expect(page).ToHaveURLAsync(At("/profile"));
    }

    public Task ClickAsync(string button) => page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync();

    /// <summary>The links at the top of every page.</summary>
    public Task GoToAsync(string name) => page.GetByRole(AriaRole.Navigation).GetByRole(AriaRole.Link, new() { Name = name }).ClickAsync();

    public ILocator Heading(string text) => page.GetByRole(AriaRole.Heading, new() { Name = text, Level = 1 });

    public ILocator Notice => page.GetByRole(AriaRole.Status);

    public ILocator Alert => page.GetByRole(AriaRole.Alert);

    /// <summary>The lines of the list of devices.</summary>
    public ILocator Devices => page.GetByRole(AriaRole.Table, new() { Name = "Devices" }).Locator("tbody").GetByRole(AriaRole.Row);

    /// <summary>The session cookie as the browser keeps it; null if it has none.</summary>
    public async Task<BrowserContextCookiesResult?> SessionCookieAsync() =>
        (await context.CookiesAsync()).SingleOrDefault(cookie => cookie.Name == "__Host-sid");

    /// <summary>Gives the browser a session cookie that a browser had.</summary>
    public Task PresentAsync(BrowserContextCookiesResult cookie) => context.AddCookiesAsync(
        [
            new()
            {
                Name = cookie.Name,
                Value = cookie.Value,
                Domain = cookie.Domain,
                Path = cookie.Path,
                Secure = true,
                HttpOnly = true,
                SameSite = SameSiteAttribute.Lax,
            },
        ]);

    public static System.Text.RegularExpressions.Regex At(string path) => new($"^http://localhost:[0-9]+{path}$");

    public ValueTask DisposeAsync() => context.DisposeAsync();
}
