using System.Diagnostics;
using System.Net;

namespace Sact.Session.Samples.Tests;

/// <summary>The sample BlazorServer as a process: its static pages, without a circuit.</summary>
public sealed class BlazorServerAsAProcess : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sact-blazor-").FullName;

    [Fact]
    public async Task KeepsTheSessionInItsFile()
    {
        string cookie;
        await using (var sample = await StartAsync())
        {
            using var alice = new FormBrowser(sample.Address);
            Assert.Equal("/", await SignInAsync(alice));
            Assert.Contains("Live for <strong id=\"who\">Alice</strong>", await alice.GetAsync("/"), StringComparison.Ordinal);
            cookie = alice.Cookies["__Host-sid"];
        }

        await using (var sample = await StartAsync())
        {
            using var alice = new FormBrowser(sample.Address) { Cookies = { ["__Host-sid"] = cookie } };
            Assert.Contains("This device", await alice.GetAsync("/devices"), StringComparison.Ordinal);

            Assert.Equal("/sign-in", await alice.PostAsync("/devices", new() { ["_handler"] = "sign-out" }));

            Assert.DoesNotContain("__Host-sid", alice.Cookies.Keys);
            alice.Cookies["__Host-sid"] = cookie;
            Assert.Equal("/sign-in", await alice.RedirectionAsync("/devices"));
            Assert.Equal("?ReturnUrl=%2Fdevices", await alice.RedirectionQueryAsync("/devices"));
        }
    }

    [Fact]
    public async Task LeadsFromTheSignInToNoOtherSite()
    {
        await using var sample = await StartAsync();
        (string ReturnUrl, string To)[] cases =
        [
            ("/name", "/name"),
            ("https://example.org/", "/"),
            ("//example.org", "/"),
            (@"/\example.org", "/"),
            ("javascript:alert(1)", "/"),
        ];
        foreach (var (returnUrl, to) in cases)
        {
            using var alice = new FormBrowser(sample.Address);
            string path = "/sign-in?ReturnUrl=" + Uri.EscapeDataString(returnUrl);

            Assert.Equal(to, await SignInAsync(alice, path));
            Assert.Equal(to, await alice.RedirectionAsync(path));
        }
    }

    [Fact]
    public async Task ShowsNoOrderBeforeTheSignIn()
    {
        await using var sample = await StartAsync();
        using var nobody = new FormBrowser(sample.Address);

        Assert.Equal("/sign-in", await nobody.RedirectionAsync("/"));
        Assert.Contains("There is no such page", await nobody.GetAsync("/nowhere"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RefusesAFormWithoutItsToken()
    {
        await using var sample = await StartAsync();
        using var alice = new FormBrowser(sample.Address);
        await SignInAsync(alice);

        Assert.Equal(HttpStatusCode.BadRequest, await alice.ForgeAsync("/devices", new() { ["_handler"] = "everywhere" }));

        Assert.Contains("This device", await alice.GetAsync("/devices"), StringComparison.Ordinal);
        Assert.Equal("/sign-in", await alice.PostAsync("/devices", new() { ["_handler"] = "everywhere" }));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static Task<string?> SignInAsync(FormBrowser browser, string path = "/sign-in") => browser.PostAsync(path, new()
    {
        ["_handler"] = "sign-in",
        ["Input.UserName"] = "alice",
        ["Input.Password"] = "correct horse battery staple",
    });

    private Task<RunningSample> StartAsync()
    {
        string program = RunningSample.ProgramOf("BlazorServer");
        return RunningSample.StartAsync("BlazorServer", _ => new ProcessStartInfo(
            "dotnet", [program, "--sqlite", $"Data Source={Path.Combine(_folder, "sessions.db")}"])
        {
            // The keys of Data Protection are kept below it.
            Environment = { ["ASPNETCORE_ENVIRONMENT"] = "Development", ["HOME"] = _folder },
        });
    }
}
