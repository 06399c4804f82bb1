using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

public sealed class SigningInToTheScheme
{
    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    public async Task GrantsAccessUntilTheUserSignsOut(Served served)
    {
        await using var site = await AuthenticationSite.StartAsync(served: served);
        string alice = await site.SignInAsync("alice");
        string root = await site.SignInAsync("root", query: "?role=admin");

        Assert.Equal("200 nobody", await site.StatusAndTextAsync("/who"));
        Assert.Equal("200 alice", await site.StatusAndTextAsync("/who", alice));
        Assert.Equal("200 a page for alice", await site.StatusAndTextAsync("/page", alice));
        Assert.Equal("302 ", await site.StatusAndTextAsync("/admin", alice));
        Assert.Equal("200 admins only", await site.StatusAndTextAsync("/admin", root));

        using var goodbye = await site.SendAsync("/out", alice, HttpMethod.Post);
        Assert.Equal("", goodbye.SentId());
        Assert.Equal("302 ", await site.StatusAndTextAsync("/page", alice));
        Assert.Equal("200 a page for root", await site.StatusAndTextAsync("/page", root));
    }

    [Fact]
    [Trait("abuse", "C4")]
    [Trait("abuse", "C5")]
    [Trait("abuse", "C6")]
    public async Task AlwaysIssuesANewIdAndEndsTheOldOne()
    {
        await using var site = await AuthenticationSite.StartAsync(map: app =>
            app.MapPost("/visit", async (ISession<IGenericStore> session) => await session.StartAsync()));
        using var visit = await site.SendAsync("/visit", method: HttpMethod.Post);
        string id = visit.SentId()!;
        foreach (string user in new[] { "alice", "alice", "bob" })
        {
            string next = await site.SignInAsync(user, id);

            Assert.NotEqual(id[..32], next[..32]);
            Assert.Equal("200 nobody", await site.StatusAndTextAsync("/who", id));
            Assert.Equal($"200 {user}", await site.StatusAndTextAsync("/who", next));
            id = next;
        }

        Assert.Equal(1, await site.Store.CountActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "C14")]
    public async Task IsTheOnlyWayToBecomeAUser()
    {
        await using var site = await AuthenticationSite.StartAsync(map: app =>
        {
            app.MapPost("/visit", async (ISession<IGenericStore> session) => await session.StartAsync());
            app.MapPost("/half", async (ISession<IGenericStore> session) => await session.SetPendingAsync("alice"));
        });
        using var visit = await site.SendAsync("/visit", method: HttpMethod.Post);
        using var half = await site.SendAsync("/half", method: HttpMethod.Post);

        foreach (string id in new[] { visit.SentId()!, half.SentId()!, new MemoryStore().CreateSessionId("alice") })
        {
            Assert.Equal("200 nobody", await site.StatusAndTextAsync("/who", id));
            Assert.Equal("302 ", await site.StatusAndTextAsync("/page", id));
        }
    }

    /// <summary>While a principal is validated or a sign-in is refreshed, the request may sign somebody else in.</summary>
    [Theory]
    [InlineData("/while-validating")]
    [InlineData("/while-refreshing")]
    [Trait("abuse", "C5")]
    public async Task NeverGivesTheClaimsOfOneUserToAnother(string path)
    {
        await using var site = await AuthenticationSite.StartAsync(
            scheme: options => options.Events.OnValidatePrincipal = async context =>
            {
                if (context.Request.Path == "/while-validating")
                {
                    await context.HttpContext.GetSactSession().SetAsync("bob");
                    context.ShouldRenew = true;
                }
            },
            map: app =>
            {
                app.MapPost("/while-validating", () => { });
                app.MapPost("/while-refreshing", async (HttpContext context, ISession<IGenericStore> session) =>
                {
                    var known = await context.AuthenticateAsync();
                    Task? other = null;
                    ((ProbeStore)session.Store).Before = (verb, token) =>
                    {
                        other ??= verb == "update" ? session.SetAsync("bob", cancellationToken: token).AsTask() : null;
                        return default;
                    };
                    await context.SignInAsync(known.Principal!, known.Properties);
                    await other!;
                });
            });
        string root = await site.SignInAsync("root", query: "?role=admin");
        Assert.Equal("200 admins only", await site.StatusAndTextAsync("/admin", root));

        using var answer = await site.SendAsync(path, root, HttpMethod.Post);

        Assert.Equal("bob", (await site.Store.GetAsync(site.Store.GetSessionKey(answer.SentId()!)))!.UserId);
        Assert.Equal("302 ", await site.StatusAndTextAsync("/admin", answer.SentId()));
    }

    [Fact]
    public async Task BySetAsyncGivesAUserWithOnlyTheIdClaim()
    {
        ClaimsPrincipal? seen = null;
        await using var site = await AuthenticationSite.StartAsync(map: app =>
        {
            app.MapPost("/set", async (ISession<IGenericStore> session) => await session.SetAsync("alice", new() { ["role"] = "admin" }));
            app.MapGet("/seen", (ClaimsPrincipal user) => { seen = user; }).RequireAuthorization();
        });
        using var set = await site.SendAsync("/set", method: HttpMethod.Post);

        using var answer = await site.SendAsync("/seen", set.SentId());

        Assert.Equal(["alice"], seen!.Claims.Select(claim => claim.Value));
        Assert.Equal(ClaimTypes.NameIdentifier, seen.Claims.Single().Type);
        Assert.Equal("302 ", await site.StatusAndTextAsync("/admin", set.SentId()));
    }

    [Fact]
    [Trait("abuse", "C16")]
    public async Task KeepsClaimsOutOfReachOfMetadata()
    {
        await using var site = await AuthenticationSite.StartAsync(map: app =>
        {
            app.MapPost("/forge", async (HttpContext context, ISession<IGenericStore> session) =>
            {
                foreach (string name in new[] { "$claims", "$properties", "$stamp", "$issued" })
                {
                    await Assert.ThrowsAsync<ArgumentException>(async () => await session.UpdateAsync(new() { [name] = "[]" }));
                    await Assert.ThrowsAsync<ArgumentException>(async () => await session.RemoveAsync(name));
                    await Assert.ThrowsAsync<ArgumentException>(async () => await session.SetAsync("alice", new() { [name] = "[]" }));
                    await Assert.ThrowsAsync<ArgumentException>(async () => await session.ModifyAsync<string>(name, _ => "[]"));
                }

                await session.UpdateAsync(new() { ["claims"] = "admin" });
            });
            app.MapGet("/fields", async (ISession<IGenericStore> session) =>
                string.Join(",", (await session.GetAsync())!.Fields.Select(field => field.Key)));
        });
        string alice = await site.SignInAsync("alice");

        Assert.Equal("200 ", await site.StatusAndTextAsync("/forge", alice, HttpMethod.Post));
        Assert.Equal("200 claims", await site.StatusAndTextAsync("/fields", alice));
        Assert.Equal("302 ", await site.StatusAndTextAsync("/admin", alice));
    }

    [Fact]
    public async Task TakesTheUserIdFromAChosenClaim()
    {
        await using var site = await AuthenticationSite.StartAsync(
            scheme => scheme.UserIdClaimType = "sub",
            app => app.MapPost("/sub", async (HttpContext context) =>
                await context.SignInAsync(AuthenticationSite.Principal("alice", null, new Claim("sub", "42")))));
        using var response = await site.SendAsync("/sub", method: HttpMethod.Post);

        Assert.Single(await ListAsync(site, "42"));
        Assert.Empty(await ListAsync(site, "alice"));
        Assert.Equal("200 alice", await site.StatusAndTextAsync("/who", response.SentId()));
    }

    [Fact]
    public async Task WithoutTheUserIdClaimFailsAndNamesTheOption()
    {
        InvalidOperationException? fault = null;
        await using var site = await AuthenticationSite.StartAsync(
            scheme => scheme.UserIdClaimType = "sub",
            app => app.MapPost("/sub", async (HttpContext context) =>
                fault = await Assert.ThrowsAsync<InvalidOperationException>(() =>
                    context.SignInAsync(AuthenticationSite.Principal("alice")))));
        using var response = await site.SendAsync("/sub", method: HttpMethod.Post);

        Assert.Contains("no claim 'sub'", fault!.Message, StringComparison.Ordinal);
        Assert.Contains("SactSessionAuthenticationOptions.UserIdClaimType", fault.Message, StringComparison.Ordinal);
        Assert.Null(response.SentId());
        Assert.Equal(0, await site.Store.CountActiveSessionsAsync());
    }

    [Fact]
    public async Task WithMoreClaimsThanARecordHoldsFailsAndSignsNobodyIn()
    {
        ArgumentException? fault = null;
        await using var site = await AuthenticationSite.StartAsync(map: app => app.MapPost("/big", async (HttpContext context) =>
            fault = await Assert.ThrowsAsync<ArgumentException>(() =>
                context.SignInAsync(AuthenticationSite.Principal("alice", null, new Claim("big", new string('x', 70_000)))))));
        string before = await site.SignInAsync("alice");

        using var response = await site.SendAsync("/big", before, HttpMethod.Post);

        Assert.Contains("MaxRecordBytes", fault!.Message, StringComparison.Ordinal);
        Assert.Equal("200 alice", await site.StatusAndTextAsync("/who", before));
    }

    [Fact]
    public async Task OutAndInWithinOneRequestLeavesOneLiveSession()
    {
        await using var site = await AuthenticationSite.StartAsync(map: app => app.MapPost("/switch", async (HttpContext context) =>
        {
            var before = await context.AuthenticateAsync();
            await context.SignOutAsync();
            await context.SignInAsync(AuthenticationSite.Principal("alice"), before.Properties);
        }));
        string alice = await site.SignInAsync("alice");

        using var response = await site.SendAsync("/switch", alice, HttpMethod.Post);

        Assert.Equal("200 nobody", await site.StatusAndTextAsync("/who", alice));
        Assert.Equal("200 alice", await site.StatusAndTextAsync("/who", response.SentId()));
        Assert.Equal(1, await site.Store.CountActiveSessionsAsync());
        Assert.Single(response.SetCookies());
    }

    [Fact]
    public async Task UsesThePrincipalThatAnEventSets()
    {
        var events = new List<string>();
        await using var site = await AuthenticationSite.StartAsync(scheme =>
        {
            scheme.Events.OnSigningIn = context =>
            {
                events.Add("in");
                context.Principal = AuthenticationSite.Principal("carol");
                return Task.CompletedTask;
            };
            scheme.Events.OnSignedIn = context =>
            {
                events.Add("done as " + context.Principal!.Identity!.Name);
                return Task.CompletedTask;
            };
            scheme.Events.OnSigningOut = _ => throw new InvalidOperationException("of the application");
        });
        string id = await site.SignInAsync("alice");
        Assert.Equal("200 carol", await site.StatusAndTextAsync("/who", id));
        Assert.Equal(["in", "done as carol"], events);

        // The session ends before an event of the application can throw.
        await Assert.ThrowsAsync<InvalidOperationException>(() => site.SendAsync("/out", id, HttpMethod.Post));
        Assert.Equal("200 nobody", await site.StatusAndTextAsync("/who", id));
    }

    [Fact]
    public async Task WithAMetadataMappingStoresOnlyWhatItReturns()
    {
        await using var site = await AuthenticationSite.StartAsync(
            scheme =>
            {
                scheme.ToMetadata = principal => new() { ["name"] = principal.Identity!.Name, ["tenant"] = "t1" };
                scheme.FromMetadata = session =>
                    session["name"] is { } name ? AuthenticationSite.Principal(name, session["tenant"] == "t1" ? "admin" : null) : null;
            },
            app => app.MapPost("/leave", async (ISession<IGenericStore> session) => await session.RemoveAsync("name")));
        string id = await site.SignInAsync("alice");
        var record = Assert.Single(await ListAsync(site, "alice"));

        Assert.False(record.Fields.Contains("$claims"));
        Assert.Equal("200 admins only", await site.StatusAndTextAsync("/admin", id));
        await site.StatusAndTextAsync("/leave", id, HttpMethod.Post);
        Assert.Equal("200 nobody", await site.StatusAndTextAsync("/who", id));
    }

    [Fact]
    public async Task StoresNoPartOfTheSecret()
    {
        await using var site = await AuthenticationSite.StartAsync();
        string id = await site.SignInAsync("alice");
        var record = Assert.Single(await ListAsync(site, "alice"));

        Assert.DoesNotContain(id[24..], System.Text.Json.JsonSerializer.Serialize(record.Fields), StringComparison.Ordinal);
    }

    internal static async Task<List<SessionRecord>> ListAsync(Site site, string userId)
    {
        var records = new List<SessionRecord>();
        await foreach (var record in site.Store.GetActiveSessionsAsync(userId))
        {
            records.Add(record);
        }

        return records;
    }
}
