using System.Net;
using System.Text.RegularExpressions;

namespace Sact.Session.Samples.Tests;

/// <summary>The page /Devices of the sample IdentityApp.</summary>
public sealed partial class DevicesOfIdentityApp : IAsyncLifetime
{
    private const string Email = "alice@example.test";
    private const string OnPhone =
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/604.1";
    private const string OnDesk = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";

    private readonly IdentityAppDatabase _database = new();
    private RunningSample _sample = null!;
    private FormBrowser _phone = null!;
    private FormBrowser _desk = null!;
    private FormBrowser _laptop = null!;

    public async ValueTask InitializeAsync()
    {
        _sample = await _database.StartAsync();
        _phone = new FormBrowser(_sample.Address, OnPhone);
        _desk = new FormBrowser(_sample.Address, OnDesk);
        _laptop = new FormBrowser(_sample.Address);
        await IdentityAppDatabase.RegisterAsync(_phone, Email);
        foreach (var browser in (FormBrowser[])[_phone, _desk, _laptop])
        {
            await IdentityAppDatabase.LogInAsync(browser, Email);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var browser in (FormBrowser?[])[_phone, _desk, _laptop])
        {
            browser?.Dispose();
        }

        if (_sample is not null)
        {
            await _sample.DisposeAsync();
        }

        _database.Dispose();
    }

    [Fact]
    public async Task HaveNamesAndThisOneIsFirst()
    {
        Assert.Equal("Safari on iPhone", (await NamesAsync(_phone))[0]);
        Assert.Equal("Firefox on Windows", (await NamesAsync(_desk))[0]);
        Assert.Equal("Unknown device", (await NamesAsync(_laptop))[0]);
        Assert.Equivalent(new[] { "Safari on iPhone", "Firefox on Windows", "Unknown device" }, await NamesAsync(_desk), strict: true);
        Assert.Equal(2, KeyOfButton().Count(await _desk.GetAsync("/Devices")));
    }

    [Fact]
    public async Task AreSignedOutOneByOne()
    {
        Assert.Equal("/Devices", await _desk.PostAsync(
            "/Devices?handler=End", new() { ["key"] = await KeyAsync(_desk, "Safari on iPhone") }, formOf: "/Devices"));

        Assert.Contains("The device is signed out.", await _desk.GetAsync("/Devices"), StringComparison.Ordinal);
        Assert.False(await IdentityAppDatabase.IsSignedInAsync(_phone, Email));
        Assert.Equal("/Identity/Account/Login", await _phone.RedirectionAsync("/Devices"));
        Assert.True(await IdentityAppDatabase.IsSignedInAsync(_laptop, Email));
        Assert.Equal(2, (await NamesAsync(_desk)).Count);
    }

    [Fact]
    public async Task AreSignedOutTogetherExceptThisOne()
    {
        await _desk.PostAsync("/Devices?handler=EndOthers", [], formOf: "/Devices");

        Assert.Contains("2 other devices are signed out.", await _desk.GetAsync("/Devices"), StringComparison.Ordinal);
        Assert.False(await IdentityAppDatabase.IsSignedInAsync(_phone, Email));
        Assert.False(await IdentityAppDatabase.IsSignedInAsync(_laptop, Email));
        Assert.Equal(["Firefox on Windows"], await NamesAsync(_desk));
    }

    [Fact]
    public async Task OfSomebodyElseStay()
    {
        using var mallory = new FormBrowser(_sample.Address);
        await IdentityAppDatabase.RegisterAsync(mallory, "mallory@example.test");
        await IdentityAppDatabase.LogInAsync(mallory, "mallory@example.test");
        using var mallorysPhone = new FormBrowser(_sample.Address);
        await IdentityAppDatabase.LogInAsync(mallorysPhone, "mallory@example.test");

        await mallory.PostAsync(
            "/Devices?handler=End", new() { ["key"] = await KeyAsync(_desk, "Safari on iPhone") }, formOf: "/Devices");

        Assert.Contains("That device was signed out already.", await mallory.GetAsync("/Devices"), StringComparison.Ordinal);
        Assert.True(await IdentityAppDatabase.IsSignedInAsync(_phone, Email));
    }

    [Fact]
    public async Task StayIfTheFormIsForged()
    {
        string key = await KeyAsync(_desk, "Safari on iPhone");

        Assert.Equal(HttpStatusCode.BadRequest, await _desk.ForgeAsync("/Devices?handler=End", new() { ["key"] = key }));
        Assert.Equal(HttpStatusCode.BadRequest, await _desk.ForgeAsync("/Devices?handler=EndOthers", []));

        Assert.True(await IdentityAppDatabase.IsSignedInAsync(_phone, Email));
    }

    [Theory]
    [InlineData("End")]
    [InlineData("EndOthers")]
    public async Task StayUntilThePasswordIsGivenIfThatIsLongAgo(string handler)
    {
        string path = "/Devices?handler=" + handler;
        var form = new Dictionary<string, string> { ["key"] = await KeyAsync(_desk, "Safari on iPhone") };
        await _database.LetPasswordsGrowOldAsync();

        Assert.Equal("/Identity/Account/Login", await _desk.PostAsync(path, form, formOf: "/Devices"));
        Assert.True(await IdentityAppDatabase.IsSignedInAsync(_phone, Email));

        await IdentityAppDatabase.LogInAsync(_desk, Email);
        Assert.Equal("/Devices", await _desk.PostAsync(path, form, formOf: "/Devices"));
        Assert.False(await IdentityAppDatabase.IsSignedInAsync(_phone, Email));
    }

    private static async Task<IReadOnlyList<string>> NamesAsync(FormBrowser browser) =>
        [.. Name().Matches(await browser.GetAsync("/Devices")).Select(match => match.Groups[1].Value)];

    /// <summary>The key that the button of a device sends.</summary>
    private static async Task<string> KeyAsync(FormBrowser browser, string name) =>
        KeyOfButton().Matches(await browser.GetAsync("/Devices")).Single(match => match.Groups[2].Value == name).Groups[1].Value;

    [GeneratedRegex("<th scope=\"row\">([^<]+)</th>")]
    private static partial Regex Name();

    [GeneratedRegex("name=\"key\" value=\"([^\"]+)\"[^>]*>\\s*<button aria-label=\"Sign out ([^\"]+)\"")]
    private static partial Regex KeyOfButton();
}
