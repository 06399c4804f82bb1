using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Sact.Session.Tests;

public sealed class SigningIn
{
    [Fact]
    public async Task SignsTheUserInForTheNextRequest()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync("alice", new() { ["role"] = "admin" });

        var me = await host.Request(id).Session.GetAsync();

        Assert.Equal("alice", me?.UserId);
        Assert.Equal("admin", me?["role"]);
    }

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    public async Task WorksOverHttp(Served served)
    {
        await using var site = await Site.StartAsync(
            app =>
            {
                app.MapPost("/login", async (ISession<IGenericStore> session) => await session.SetAsync("alice"));
                app.MapGet("/me", async (ISession<IGenericStore> session) => (await session.GetAsync())?.UserId ?? "nobody");
            },
            served: served);

        using var login = await site.SendAsync("/login", method: HttpMethod.Post);
        using var me = await site.SendAsync("/me", login.SentId());

        Assert.Equal("alice", await me.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
