using System.Text.Json;

namespace Sact.Session.Browser.Tests;

/// <summary>What every page owes to who uses it without a mouse, without a large screen or without eyes.</summary>
public sealed class EveryPage(Site site)
{
    private static readonly string[] s_public = ["/", "/sign-in", "/register", "/nowhere"];
    private static readonly string[] s_mine = ["/profile", "/devices", "/password", "/confirm", "/delete-account", "/sign-out"];

    // Returns what is wrong with the page, in words.
    private const string Faults = """
        () => {
          const faults = [], all = selector => [...document.querySelectorAll(selector)];
          if (!document.documentElement.lang) faults.push('no language');
          if (!document.title.trim()) faults.push('no title');
          if (all('h1').length !== 1) faults.push(all('h1').length + ' main headings');
          for (const mark of ['header', 'main', 'footer']) if (all(mark).length !== 1) faults.push(all(mark).length + ' of ' + mark);
          for (const input of all('input:not([type=hidden]), select, textarea'))
            if (![...input.labels ?? []].some(label => label.textContent.trim()) && !input.ariaLabel)
              faults.push('no label: ' + input.outerHTML);
          for (const element of all('a, button, nav, th, table, section'))
            if (!element.textContent.trim() && !element.ariaLabel) faults.push('no name: ' + element.outerHTML);
          for (const image of all('img')) if (!image.hasAttribute('alt')) faults.push('no alt: ' + image.outerHTML);
          const ids = all('[id]').map(element => element.id);
          for (const id of ids) if (ids.filter(other => other === id).length > 1) faults.push('twice: #' + id);
          for (const element of all('[aria-describedby], [aria-labelledby]'))
            for (const id of (element.getAttribute('aria-describedby') ?? element.getAttribute('aria-labelledby')).split(' '))
              if (!ids.includes(id)) faults.push('nothing is #' + id);
          for (const form of all('form'))
            if (form.method !== 'post' || !form.querySelector('[name=__RequestVerificationToken]'))
              faults.push('a form without a token: ' + form.outerHTML);
          if (all('script:not([src]), style, [style], [onclick]').length) faults.push('something inline');
          if (all('script[src]').some(script => script.src !== location.origin + '/session/script.js')) faults.push('another script');
          let level = 0;
          for (const heading of all('h1, h2, h3')) {
            const its = +heading.tagName[1];
            if (its > level + 1) faults.push('a heading is skipped');
            level = its;
          }
          return faults;
        }
        """;

    // WCAG 2.2, 1.4.3: the contrast of every text with what is painted behind it, by the formula given there; returns those below 4.5.
    private const string FaintTexts = """
        () => {
          const rgb = text => { const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number); return { r, g, b, a }; };
          const linear = part => (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
          const luminance = ({ r, g, b }) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
          const behind = element => {
            for (; element; element = element.parentElement) {
              const color = rgb(getComputedStyle(element).backgroundColor);
              if (color.a === 1) return color;
            }
            return { r: 255, g: 255, b: 255 };
          };
          const faint = [];
          const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          let seen = 0;
          while (texts.nextNode()) {
            const element = texts.currentNode.parentElement;
            if (!texts.currentNode.data.trim() || !element.checkVisibility()) continue;
            seen++;
            const [light, dark] = [luminance(rgb(getComputedStyle(element).color)), luminance(behind(element))].sort((a, b) => b - a);
            const ratio = (light + 0.05) / (dark + 0.05);
            if (ratio < 4.5) faint.push(ratio.toFixed(2) + ': ' + texts.currentNode.data.trim());
          }
          return seen ? faint : ['no text at all'];
        }
        """;

    [Fact]
    public async Task HasLabelsHeadingsLandmarksAndATitleOfItsOwn()
    {
        var titles = new Dictionary<string, string>();
        await ForEachAsync(null, async (visitor, path) =>
        {
            titles.Add(path, await visitor.Page.TitleAsync());
            await NoneAsync(visitor, path, Faults);
        });

        Assert.Equal(titles.Count, titles.Values.Distinct().Count());
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task IsReadableInLightAndDark(ColorScheme colours) =>
        await ForEachAsync(new() { ColorScheme = colours }, (visitor, path) => NoneAsync(visitor, path, FaintTexts));

    [Fact]
    public async Task FitsTheNarrowestScreen() => await ForEachAsync(
        new() { ViewportSize = new() { Width = 320, Height = 640 } },
        async (visitor, path) =>
            Assert.Equal((path, 320), (path, await visitor.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"))));

    [Fact]
    public async Task TellsTheBrowserToRunOnlyItsOwnScriptAndToShowItNowhereElse() => await ForEachAsync(null, async (visitor, path) =>
    {
        var answer = await visitor.Page.ReloadAsync();
        Assert.Equal(
            "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; "
            + "base-uri 'none'; frame-ancestors 'none'",
            await answer!.HeaderValueAsync("content-security-policy"));
        Assert.Equal("nosniff", await answer.HeaderValueAsync("x-content-type-options"));
        Assert.Equal("same-origin", await answer.HeaderValueAsync("referrer-policy"));
    });

    [Fact]
    public async Task IsUsedByKeyboardAlone()
    {
        string name = Visitor.NewName();
        await using var visitor = await site.VisitorAsync();
        await visitor.RegisterAsync(name);
        await visitor.ClickAsync("Sign out");
        await Expect(visitor.Notice).ToBeFocusedAsync();
        await visitor.Page.GotoAsync("/sign-in");

        // The first stop leads past the navigation.
        var keys = visitor.Page.Keyboard;
        await keys.PressAsync("Tab");
        await Expect(visitor.Page.GetByRole(AriaRole.Link, new() { Name = "Skip to the content" })).ToBeFocusedAsync();
        await keys.PressAsync("Enter");
        await keys.PressAsync("Tab");
        await Expect(visitor.Page.GetByLabel("User name")).ToBeFocusedAsync();
        await keys.TypeAsync(name);
        await keys.PressAsync("Tab");
        await keys.TypeAsync("not the password");
        await keys.PressAsync("Enter");

        // What went wrong has the focus; from there it is two steps to try again.
        await Expect(visitor.Alert).ToBeFocusedAsync();
        await keys.PressAsync("Tab");
        await keys.PressAsync("Tab");
        await Expect(visitor.Page.GetByLabel("Password")).ToBeFocusedAsync();
        await keys.TypeAsync(Visitor.Password);
        await keys.PressAsync("Tab");
        await keys.PressAsync("Space");
        await Expect(visitor.Page.GetByLabel("Remember me")).ToBeCheckedAsync();
        await keys.PressAsync("Enter");

        await Expect(visitor.Heading("Hello, " + name)).ToBeVisibleAsync();
    }

    [Fact]
    public async Task SaysAtTheInputWhatIsWrongWithIt()
    {
        await using var visitor = await site.VisitorAsync();
        await visitor.Page.GotoAsync("/register");
        await visitor.Page.GetByLabel("User name").FillAsync("ada");
        await visitor.Page.GetByLabel("Password", new() { Exact = true }).FillAsync("short");
        await visitor.Page.GetByLabel("Password, once more").FillAsync("other");
        await visitor.ClickAsync("Create the account");

        await Expect(visitor.Page).ToHaveTitleAsync("Error: Create an account – Accounts");
        var password = visitor.Page.GetByLabel("Password", new() { Exact = true });
        await Expect(password).ToHaveAttributeAsync("aria-invalid", "true");
        await Expect(password).ToHaveAccessibleDescriptionAsync(
            "At least 8 characters. A few words in a row are better than one with a twist. Error: A password has at least 8 characters, "
            + "and at most 128.");
        await Expect(visitor.Page.GetByLabel("User name")).Not.ToHaveAttributeAsync("aria-invalid", "true");
        await visitor.Alert.GetByRole(AriaRole.Link, new() { Name = "The two passwords are not the same." }).ClickAsync();
        await Expect(visitor.Page.GetByLabel("Password, once more")).ToBeFocusedAsync();
        await NoneAsync(visitor, "/register", Faults);
        await NoneAsync(visitor, "/register", FaintTexts);
    }

    private async Task ForEachAsync(BrowserNewContextOptions? options, Func<Visitor, string, Task> check)
    {
        string name = Visitor.NewName();
        await using var visitor = await site.VisitorAsync(options);
        await using var other = await site.VisitorAsync();
        foreach (string path in s_public)
        {
            await visitor.Page.GotoAsync(path);
            await check(visitor, path);
        }

        await visitor.RegisterAsync(name);
        await other.SignInAsync(name);
        foreach (string path in s_mine)
        {
            await visitor.Page.GotoAsync(path);
            await Expect(visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out", Exact = true })).ToBeVisibleAsync();
            await check(visitor, path);
        }
    }

    private static async Task NoneAsync(Visitor visitor, string path, string script)
    {
        var faults = (await visitor.Page.EvaluateAsync(script))!.Value.Deserialize<string[]>()!;
        Assert.True(faults.Length == 0, $"{path}: {string.Join("; ", faults)}");
    }
}
