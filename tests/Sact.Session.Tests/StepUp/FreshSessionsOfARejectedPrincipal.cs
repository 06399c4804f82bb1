using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>
/// The session lives and is fresh, and the scheme has rejected its principal: the account is suspended, say. Nobody is signed in then.
/// </summary>
public sealed class FreshSessionsOfARejectedPrincipal
{
    public static TheoryData<string, bool> Endpoints
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (string path in (string[])["/fresh", "/level", "/named-scheme", "/endpoint", "/endpoint-level", "/devices"])
            {
                data.Add(path, true);
                data.Add(path, false);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Endpoints))]
    [Trait("abuse", "K22")]
    public async Task MeetNoRequirement(string path, bool byEvent)
    {
        bool rejects = false;
        await using var site = await AuthenticationSite.StartAsync(
            scheme: options =>
            {
                if (byEvent)
                {
                    options.Events = new CookieAuthenticationEvents
                    {
                        OnValidatePrincipal = context =>
                        {
                            if (rejects)
                            {
                                context.RejectPrincipal();
                            }

                            return Task.CompletedTask;
                        },
                    };
                }
                else
                {
                    options.ToMetadata = static principal => new JsonObject { ["name"] = principal.Identity!.Name };
                    options.FromMetadata = data => rejects ? null : AuthenticationSite.Principal(data.UserId);
                }
            },
            map: app =>
            {
                app.MapGet("/fresh", () => "through").RequireAuthorization(policy => policy.RequireFreshSession(TimeSpan.FromMinutes(5)));
                app.MapGet("/level", () => "through").RequireAuthorization(policy => policy.RequireAssuranceLevel(1));
                app.MapGet("/named-scheme", () => "through").RequireAuthorization(policy => policy
                    .AddAuthenticationSchemes(SactSessionDefaults.AuthenticationScheme).RequireFreshSession(TimeSpan.FromMinutes(5)));
                app.MapGet("/endpoint", () => "through").RequireFreshSession(TimeSpan.FromMinutes(5));
                app.MapGet("/endpoint-level", () => "through").RequireAssuranceLevel(1);
                app.MapGet("/devices", () => "through").RequireAuthorization();
            });
        string id = await site.SignInAsync("alice");
        Assert.Equal("200 through", await site.StatusAndTextAsync(path, id));

        rejects = true;

        using var answer = await site.SendAsync(path, id);
        Assert.True(answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Found, $"{path} answered {answer.StatusCode}.");
        Assert.NotEqual("through", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
