using System.Security.Claims;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sact.Session.Tests;

/// <summary><c>MapClaim()</c>: fields of the metadata that are claims of the scheme's principal.</summary>
public sealed class FieldsMappedToClaims
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task FollowTheFieldOfTheSession(bool isSealed)
    {
        await using var site = await StartAsync(o => o.MapClaim("role"), isSealed);
        string id = await SetAsync(site, """{"role":"admin","theme":"dark"}""");

        Assert.Equal("200 admins only", await site.StatusAndTextAsync("/admin", id));
        Assert.Equal($"200 {ClaimTypes.Role}=admin", await site.StatusAndTextAsync("/claims", id));
        await UpdateAsync(site, id, """{"role":"user"}""");
        Assert.Equal("302 ", await site.StatusAndTextAsync("/admin", id));
        await UpdateAsync(site, id, """{"role":["user","admin"]}""");
        Assert.Equal("200 admins only", await site.StatusAndTextAsync("/admin", id));
        await UpdateAsync(site, id, """{"role":null}""");
        Assert.Equal("302 ", await site.StatusAndTextAsync("/admin", id));
    }

    [Theory]
    [InlineData("\"a\"", "x=a")]
    [InlineData("\"\"", "x=")]
    [InlineData("\"\\u00e9 \\\"q\\\"\"", "x=é \"q\"")]
    [InlineData("7", "x=7 integer64")]
    [InlineData("-9223372036854775808", "x=-9223372036854775808 integer64")]
    [InlineData("1.50", "x=1.50 double")]
    [InlineData("1e20000", "x=1e20000 double")]
    [InlineData("true", "x=true boolean")]
    [InlineData("false", "x=false boolean")]
    [InlineData("null", "")]
    [InlineData("[]", "")]
    [InlineData("[\"a\",7,true]", "x=a,x=7 integer64,x=true boolean")]
    public async Task HaveTheValuesOfTheField(string json, string claims)
    {
        var log = new SessionHost();
        await using var site = await StartAsync(o => o.MapClaim("x"), log: log);
        string id = await SetAsync(site, $$"""{"x":{{json}}}""");

        Assert.Equal("200 " + claims, await site.StatusAndTextAsync("/claims", id));
        Assert.DoesNotContain(log.Events, entry => entry.Id.Id == 37);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"role":"admin"}""")]
    [InlineData("""["a",["admin"]]""")]
    [InlineData("""["a",{"b":"c"}]""")]
    [InlineData("""["a",null]""")]
    public async Task AreNoneForAnyOtherValue(string json)
    {
        var log = new SessionHost();
        await using var site = await StartAsync(o => o.MapClaim("x"), log: log);
        string id = await SetAsync(site, $$"""{"x":{{json}}}""");

        Assert.Equal("200 ", await site.StatusAndTextAsync("/claims", id));
        var logged = Assert.Single(log.Events, entry => entry.Id.Id == 37);
        Assert.Equal(LogLevel.Warning, logged.Level);
        Assert.StartsWith("The field x of session", logged.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HaveTheTypeThatWasChosen()
    {
        await using var site = await StartAsync(o =>
        {
            o.MapClaim("tenant");
            o.MapClaim("tenant");
            o.MapClaim("tenant", "urn:tenant");
            o.MapClaim("name");
            o.MapClaim("role");
            o.MapClaim("groups", ClaimTypes.Role);
        });
        string id = await SetAsync(site, """{"tenant":"t1","name":"Alice","role":"user","groups":["admin","staff"]}""");

        Assert.Equal(
            $"200 tenant=t1,urn:tenant=t1,{ClaimTypes.Name}=Alice,{ClaimTypes.Role}=user,{ClaimTypes.Role}=admin,{ClaimTypes.Role}=staff",
            await site.StatusAndTextAsync("/claims", id));
        Assert.Equal("200 Alice", await site.StatusAndTextAsync("/who", id));
        Assert.Equal("200 admins only", await site.StatusAndTextAsync("/admin", id));
    }

    [Fact]
    [Trait("abuse", "C17")]
    public async Task AreNeverThoseOfAnAnonymousOrAPendingSession()
    {
        await using var site = await StartAsync(o => o.MapClaim("role"));
        string anonymous = await SetAsync(site, """{"role":"admin"}""", "/start");
        string pending = await SetAsync(site, """{"role":"admin"}""", "/pend");

        foreach (string id in new[] { anonymous, pending })
        {
            Assert.Equal("302 ", await site.StatusAndTextAsync("/admin", id));
            Assert.Equal("200 ", await site.StatusAndTextAsync("/claims", id));
            Assert.Equal("200 nobody", await site.StatusAndTextAsync("/who", id));
        }

        // What a visitor planted is not the user's.
        Assert.Equal("302 ", await site.StatusAndTextAsync("/admin", await SetAsync(site, "{}", "/set", anonymous)));
        Assert.Equal("302 ", await site.StatusAndTextAsync("/admin", await site.SignInAsync("alice")));
    }

    /// <summary>A right that a sign-in brought must not outlive the field that takes it away.</summary>
    [Fact]
    public async Task ReplaceTheClaimsOfTheSignIn()
    {
        await using var site = await StartAsync(o => o.MapClaim("role"), inMemory: true);
        string id = await site.SignInAsync("alice", query: "?role=admin");

        Assert.Equal("302 ", await site.StatusAndTextAsync("/admin", id));
        await UpdateAsync(site, id, """{"role":"user"}""");
        Assert.Equal(
            $"200 {ClaimTypes.Name}=alice,{ClaimTypes.Role}=user", await site.StatusAndTextAsync("/claims", id));
        await UpdateAsync(site, id, """{"role":"admin"}""");
        Assert.Equal("200 admins only", await site.StatusAndTextAsync("/admin", id));
        Assert.DoesNotContain("admin", await KeptClaimsAsync(site, id), StringComparison.Ordinal);
    }

    /// <summary>A principal that is kept again, as after Identity's check of the stamp, has the claims of the fields in it.</summary>
    [Fact]
    public async Task AreNotKeptWithARenewedPrincipal()
    {
        await using var site = await StartAsync(o =>
        {
            o.MapClaim("role");
            o.Events.OnValidatePrincipal = context =>
            {
                context.ShouldRenew = true;
                return Task.CompletedTask;
            };
        }, inMemory: true);
        string id = await site.SignInAsync("alice");
        await UpdateAsync(site, id, """{"role":"admin"}""");
        Assert.Equal("200 admins only", await site.StatusAndTextAsync("/admin", id));

        await UpdateAsync(site, id, """{"role":null}""");

        Assert.Equal("302 ", await site.StatusAndTextAsync("/admin", id));
        Assert.Equal("200 alice", await site.StatusAndTextAsync("/who", id));
        Assert.DoesNotContain("admin", await KeptClaimsAsync(site, id), StringComparison.Ordinal);
    }

    /// <summary>Every identity of the principal counts for a policy, so none keeps a claim of a mapped type.</summary>
    [Fact]
    public void ReplaceThoseOfEveryIdentity()
    {
        var options = new SactSessionAuthenticationOptions();
        options.MapClaim("role");
        var principal = new ClaimsPrincipal(
        [
            new ClaimsIdentity([new Claim("sub", "1"), new Claim("roles", "admin")], "a", "name", "roles"),
            new ClaimsIdentity([new Claim("roles", "admin"), new Claim(ClaimTypes.Role, "admin"), new Claim("other", "x")], "b"),
        ]);

        var kept = options.MappedClaims.Without(principal);

        Assert.Equal(["sub", "other"], kept.Claims.Select(claim => claim.Type));
        Assert.Equal(5, principal.Claims.Count());
    }

    /// <summary>The name type of an identity may be the type of the user id, which no field may set.</summary>
    [Fact]
    public async Task NeverSetTheUserId()
    {
        var log = new SessionHost();
        await using var site = await StartAsync(
            o =>
            {
                o.UserIdClaimType = ClaimTypes.Name;
                o.MapClaim("name");
            },
            log: log);
        string id = await site.SignInAsync("alice");
        await UpdateAsync(site, id, """{"name":"root"}""");

        Assert.Equal("200 alice", await site.StatusAndTextAsync("/who", id));
        Assert.Contains(log.Events, entry => entry.Id.Id == 37);
    }

    [Theory]
    [InlineData("user id")]
    [InlineData("security stamp")]
    [InlineData("FromMetadata")]
    public async Task ThatContradictAnotherOptionAreRefusedAtTheStart(string option)
    {
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await using var site = await StartAsync(o =>
            {
                switch (option)
                {
                    case "user id":
                        o.MapClaim("x", o.UserIdClaimType.ToUpperInvariant());
                        break;
                    case "security stamp":
                        o.MapClaim("x", o.SecurityStampClaimType);
                        break;
                    default:
                        o.MapClaim("x");
                        (o.ToMetadata, o.FromMetadata) = (_ => [], _ => null);
                        break;
                }
            });
        });

        Assert.Contains("MapClaim()", fault.Message, StringComparison.Ordinal);
        Assert.Contains(option, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [Trait("abuse", "C16")]
    [InlineData("$claims", null)]
    [InlineData("", null)]
    [InlineData("a\n", null)]
    [InlineData("role", "")]
    public void OfAWrongNameAreRefused(string field, string? type) =>
        Assert.Throws<ArgumentException>(() => new SactSessionAuthenticationOptions().MapClaim(field, type));

    /// <summary>A damaged value must not pass for an absent one: the user might have other rights.</summary>
    [Fact]
    public async Task OfASealedFieldThatCannotBeOpenedAuthenticateNobody()
    {
        var log = new SessionHost();
        await using var site = await StartAsync(o => o.MapClaim("role"), isSealed: true, log: log);
        string id = await SetAsync(site, """{"role":"admin","other":"x"}""");
        Assert.Equal("200 admins only", await site.StatusAndTextAsync("/admin", id));
        site.Store.Substitute = static (_, record) => record! with
        {
            Fields = SessionFields.Restore([.. record.Fields.Select(field => field.Key == "$~role"
                ? KeyValuePair.Create(field.Key, record.Fields.First(other => other.Key == "$~other").Value)
                : field)]),
        };

        Assert.Equal("302 ", await site.StatusAndTextAsync("/admin", id));
        Assert.Equal("200 nobody", await site.StatusAndTextAsync("/who", id));
        Assert.Contains(log.Events, entry => entry.Id.Id == 30);
    }

    private static Task<Site> StartAsync(
        Action<SactSessionAuthenticationOptions> scheme, bool isSealed = false, SessionHost? log = null, bool inMemory = false) =>
        AuthenticationSite.StartAsync(
            scheme,
            app =>
            {
                app.MapPost("/set", (ISactSession session, JsonElement fields) => session.SetAsync("alice", fields).AsTask());
                app.MapPost("/start", (ISactSession session, JsonElement fields) => session.StartAsync(fields).AsTask());
                app.MapPost("/pend", (ISactSession session, JsonElement fields) => session.SetPendingAsync("alice", fields).AsTask());
                app.MapPost("/update", (ISactSession session, JsonElement fields) => session.UpdateAsync(fields).AsTask());
                app.MapGet("/claims", (ClaimsPrincipal user) => string.Join(
                    ",",
                    user.Claims.Where(claim => claim.Type != ClaimTypes.NameIdentifier).Select(claim =>
                        $"{claim.Type}={claim.Value}"
                        + (claim.ValueType == ClaimValueTypes.String ? "" : " " + claim.ValueType.Split('#')[1]))));
            },
            options =>
            {
                options.SealMetadata = isSealed;
                options.LoggerFactory = log is null ? null : new LoggerFactory([log]);
            },
            builder =>
            {
                if (inMemory)
                {
                    builder.Services.AddSactSession().UseMemory();
                }
            });

    /// <summary>Sends JSON, and returns the id that the response sends.</summary>
    private static async Task<string> SetAsync(Site site, string json, string path = "/set", string? id = null)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await site.SendAsync(path, id, HttpMethod.Post, content);
        return response.SentId() ?? throw new InvalidOperationException($"{path} sent no cookie but {response.StatusCode}.");
    }

    private static async Task UpdateAsync(Site site, string id, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await site.SendAsync("/update", id, HttpMethod.Post, content);
        Assert.Equal("true", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>The claims that the store keeps. The memory store keeps them open.</summary>
    private static async Task<string> KeptClaimsAsync(Site site, string id)
    {
        var store = site.Services.GetRequiredService<IGenericStore>();
        var record = await store.GetAsync(store.GetSessionKey(id), TestContext.Current.CancellationToken);
        Assert.True(record!.Fields.TryGetValue("$claims", out var json));
        return Encoding.UTF8.GetString(json.Span);
    }
}
