using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ApplicationParts;
using Microsoft.AspNetCore.Mvc.Controllers;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>MVC's TempData with its session provider. It is saved after a result has run, or when the response starts.</summary>
public sealed class TempDataInMvc
{
    public static TheoryData<Served> Servers => BridgedSite.Servers;

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task SurvivesARedirectAndIsReadOnce(Served served)
    {
        await using var site = await StartAsync(served);

        using var posted = await site.SendAsync("/Temp/Save");
        string? id = posted.SentId();

        Assert.Equal(HttpStatusCode.Redirect, posted.StatusCode);
        Assert.Equal(["saved", "nothing"], new[] { await site.TextAsync("/Temp/Read", id), await site.TextAsync("/Temp/Read", id) });
        Assert.Empty(await site.FieldsAsync(id!));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task IsSavedBeforeTheFirstByteOfABody(Served served)
    {
        await using var site = await StartAsync(served);

        string? id = await site.DoAsync("/Temp/Body");

        Assert.Equal("from a body", await site.TextAsync("/Temp/Read", id));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task IsA503IfItCannotBeSaved(Served served)
    {
        await using var site = await StartAsync(served);
        site.Store.Before = (verb, _) => verb == "create" ? throw new InvalidOperationException("down") : ValueTask.CompletedTask;

        foreach (string path in new[] { "/Temp/Save", "/Temp/Body" })
        {
            using var response = await site.SendAsync(path);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            Assert.Empty(response.SetCookies());
        }
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task AnActionThatDoesNotUseItStartsNoSession(Served served)
    {
        await using var site = await StartAsync(served);

        using var response = await site.SendAsync("/Temp/Plain");

        Assert.Empty(response.SetCookies());
        Assert.Empty(site.Store.Calls);
    }

    private static Task<Site> StartAsync(Served served) => BridgedSite.StartAsync(
        app => app.MapDefaultControllerRoute(),
        served,
        build: builder => builder.Services
            .AddControllersWithViews()
            .AddSessionStateTempDataProvider()
            .ConfigureApplicationPartManager(parts =>
            {
                parts.ApplicationParts.Clear();
                parts.ApplicationParts.Add(new OneController());
            }));

    private sealed class OneController : ApplicationPart, IApplicationPartTypeProvider
    {
        public override string Name => nameof(TempController);

        public IEnumerable<System.Reflection.TypeInfo> Types =>
            [System.Reflection.IntrospectionExtensions.GetTypeInfo(typeof(TempController))];
    }
}

public sealed class TempController : Controller
{
    public IActionResult Save()
    {
        TempData["message"] = "saved";
        return RedirectToAction(nameof(Read));
    }

    public IActionResult Body()
    {
        TempData["message"] = "from a body";
        return Content("body");
    }

    public IActionResult Read() => Content(TempData["message"] as string ?? "nothing");

    public IActionResult Plain() => Content("plain");
}
