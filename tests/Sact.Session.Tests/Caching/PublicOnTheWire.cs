using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Sact.Session.Tests.Caching;

/// <summary>The application allows shared caches to keep a response that used a session.</summary>
public sealed class PublicOnTheWire
{
    public static TheoryData<string> Spellings => new(
        "public",
        "PUBLIC, Max-Age=60",
        "public, no-cache",
        "no-cache, public",
        "public, no-cache=\"x\"",
        "no-cache=\"x\", public",
        "public, private=\"x\"",
        "private=\"Set-Cookie\", PuBliC, max-age=60",
        "public, private",
        "private, public",
        "public, no-store",
        "s-maxage=60, no-cache",
        "s-maxage=60, private=\"x\"",
        "no-cache=\"public\"",
        "private, x=\"public\"",
        "public=1",
        "\"public\", max-age=60",
        " public ,, max-age=60",
        "private|public, max-age=60",
        "max-age=60|public",
        "no-cache|PUBLIC");

    [Theory]
    [MemberData(nameof(Spellings))]
    [Trait("abuse", "K4")]
    public async Task IsRemovedInEverySpelling(string value)
    {
        foreach (string place in new[] { "before", "after", "appended", "starting" })
        {
            string sent = await SentAsync(value, place, Served.TestServer);
            Assert.DoesNotContain("public", sent, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("s-maxage", sent, StringComparison.OrdinalIgnoreCase);
            Assert.Contains(sent.Split(", "), directive => directive is "private" or "no-store");
        }
    }

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "K4")]
    public async Task IsRemovedFromACallbackThatWasRegisteredBeforeTheSessionWasUsed(Served served) =>
        Assert.Equal("max-age=60, private", await SentAsync("public, max-age=60", "starting", served));

    [Theory]
    [InlineData("no-cache=\"x\"")]
    [InlineData("private=\"x\"")]
    [InlineData("max-age=60, private=\"x\"")]
    [Trait("abuse", "K4")]
    public void IsWhatARestrictionToSomeFieldsMeansForTheOthers(string value)
    {
        string sent = CacheControlRule.Restrict(value, holdsUserData: true, out bool wasShared);

        Assert.Contains("private", sent.Split(", "));
        Assert.False(wasShared);
    }

    [Theory]
    [InlineData("max-age=60")]
    [InlineData("no-cache=\"x\"")]
    [Trait("abuse", "K4")]
    public void IsNotReadIntoWhatDoesNotSaySoWithoutUserData(string value) =>
        Assert.Equal(value, CacheControlRule.Restrict(value, holdsUserData: false, out _));

    [Theory]
    [InlineData(true, true, "no-store", "Accept,Cookie")]
    [InlineData(true, false, "max-age=60, private", "Accept,Cookie")]
    [InlineData(false, false, "public, max-age=60", "Accept,Cookie")]
    [Trait("abuse", "K4")]
    public void DependsOnWhatTheResponseHolds(bool read, bool secret, string cacheControl, string vary)
    {
        IHeaderDictionary headers = new HeaderDictionary { ["Cache-Control"] = "public, max-age=60", ["Vary"] = "Accept" };

        var caches = default(CachePermissions);
        caches.Add((read ? SessionUse.ReadUser : SessionUse.None) | (secret ? SessionUse.SendSecret : SessionUse.None));
        bool wasShared = caches.WriteTo(headers);
        CachePermissions.Finish(headers);

        Assert.Equal(cacheControl, headers.CacheControl.ToString());
        Assert.Equal(vary, headers.Vary.ToString());
        Assert.Equal(read && !secret, wasShared);
    }

    private static async Task<string> SentAsync(string value, string place, Served served)
    {
        var lines = new StringValues(value.Split('|'));
        await using var site = await Site.StartAsync(
            app =>
            {
                app.MapPost("/login", async (HttpContext context) => await context.GetSactSession().SetAsync("alice"));
                app.MapGet("/", async context =>
                {
                    if (place == "before")
                    {
                        context.Response.Headers.CacheControl = lines;
                    }

                    await context.GetSactSession().GetAsync();
                    if (place == "after")
                    {
                        context.Response.Headers.CacheControl = lines;
                    }
                    else if (place == "appended")
                    {
                        context.Response.Headers.Append("Cache-Control", lines);
                    }
                });
            },
            served: served,
            before: app => app.Use((context, next) =>
            {
                if (place == "starting")
                {
                    context.Response.OnStarting(() =>
                    {
                        context.Response.Headers.CacheControl = lines;
                        return Task.CompletedTask;
                    });
                }

                return next(context);
            }));
        using var login = await site.SendAsync("/login", method: HttpMethod.Post);
        using var page = await site.SendAsync("/", login.SentId());
        return string.Join(", ", page.Headers.NonValidated["Cache-Control"]);
    }
}
