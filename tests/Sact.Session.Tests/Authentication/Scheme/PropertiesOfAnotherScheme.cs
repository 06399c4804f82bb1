using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>A sign-in to one scheme with the properties that another scheme has returned.</summary>
public sealed class PropertiesOfAnotherScheme
{
    public static TheoryData<string, string, bool> Pairs
    {
        get
        {
            var data = new TheoryData<string, string, bool>();
            foreach (string from in (string[])["User", "Admin", "Tickets", "Cookie"])
            {
                foreach (string to in (string[])["User", "Admin", "Tickets", "Cookie"])
                {
                    data.Add(from, to, true);
                    data.Add(from, to, false);
                }
            }

            return data;
        }
    }

    /// <summary>The target has a session of the same user already, or none.</summary>
    [Theory]
    [MemberData(nameof(Pairs))]
    [Trait("abuse", "K21")]
    public async Task SignsIn(string from, string to, bool present)
    {
        await using var site = await StartAsync();
        var cookies = new Dictionary<string, string>();
        await SendAsync(site, $"/in/{from}/alice", cookies);
        if (present)
        {
            await SendAsync(site, $"/in/{to}/alice", cookies);
        }

        await SendAsync(site, $"/copy/{from}/{to}", cookies);

        Assert.Equal("alice", await SendAsync(site, "/who/" + to, cookies));
        Assert.Equal("alice", await SendAsync(site, "/who/" + from, cookies));
    }

    /// <summary>The expiry that one session has is no request for the lifetime of another one.</summary>
    [Fact]
    [Trait("abuse", "K21")]
    public async Task DoesNotTakeOverTheExpiry()
    {
        await using var site = await StartAsync();
        var cookies = new Dictionary<string, string>();
        await SendAsync(site, "/in/Admin/alice", cookies);
        await SendAsync(site, "/copy/Admin/User", cookies);
        for (int day = 0; day < 10; day++)
        {
            Assert.Equal("alice", await SendAsync(site, "/who/User", cookies));
            site.Clock.Advance(TimeSpan.FromDays(1));
        }
    }

    private static async Task<string> SendAsync(Site site, string path, Dictionary<string, string> cookies)
    {
        using var client = site.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")));
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        foreach (string line in response.SetCookies())
        {
            string[] pair = line.Split(';')[0].Split('=', 2);
            cookies[pair[0]] = pair[1];
        }

        Assert.True(response.IsSuccessStatusCode, path + ": " + response.StatusCode);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private static Task<Site> StartAsync() => Site.StartAsync(
        app =>
        {
            app.UseAuthentication();
            app.UseAuthorization();
            app.MapPost("/in/{scheme}/{user}", (string scheme, string user, HttpContext context) =>
                context.SignInAsync(scheme, AuthenticationSite.Principal(user)));
            app.MapPost("/copy/{from}/{to}", async (string from, string to, HttpContext context) =>
            {
                var result = await context.AuthenticateAsync(from);
                await context.SignInAsync(to, result.Principal!, result.Properties);
            });
            app.MapPost("/who/{scheme}", async (string scheme, HttpContext context) =>
                (await context.AuthenticateAsync(scheme)).Principal?.Identity?.Name ?? "nobody");
        },
        build: builder =>
        {
            builder.Services.AddAuthorization();
            builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
            builder.Services.AddSactSession("admin", o =>
            {
                o.Cookie.Name = "__Host-admin";
                o.IdleTimeout = TimeSpan.FromHours(36);
            });
            builder.Services.AddAuthentication("User")
                .AddCookie("Tickets").AddSactTicketStore("Tickets")
                .AddCookie("Cookie")
                .AddSactSession("User")
                .AddSactSession("Admin", o => o.SessionName = "admin");
        });
}
