using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>
/// A WebSocket lives for hours on one request. An id that was verified when it opened stays verified, and the next read sees a revocation.
/// </summary>
public sealed class WebSockets
{
    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "I6")]
    public async Task SeeARevocationAtTheNextRead(Served served)
    {
        await using var site = await StartAsync(served);
        string id = await SignInAsync(site);
        using var socket = await OpenAsync(site, served, id);

        Assert.Equal("alice", await SendCommandAsync(socket, "who"));
        await site.Store.DeleteActiveSessionsAsync("alice", cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("nobody", await SendCommandAsync(socket, "who"));
        Assert.Equal("False", await SendCommandAsync(socket, "update"));
    }

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "I6")]
    public async Task ReadAndWriteSessionData(Served served)
    {
        await using var site = await StartAsync(served);
        string id = await SignInAsync(site);
        using var socket = await OpenAsync(site, served, id);

        Assert.Equal("True", await SendCommandAsync(socket, "update"));
        using var theme = await site.SendAsync("/theme", id);
        Assert.Equal("dark", await theme.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        using var put = await site.SendAsync("/theme/light", id, HttpMethod.Put);
        Assert.Equal("light", await SendCommandAsync(socket, "theme"));
    }

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "I6")]
    public async Task CannotSignInButCanSignOut(Served served)
    {
        await using var site = await StartAsync(served);
        string id = await SignInAsync(site);
        using var socket = await OpenAsync(site, served, id);

        Assert.StartsWith("The response has started", await SendCommandAsync(socket, "sign in"), StringComparison.Ordinal);
        Assert.Equal("alice", await SendCommandAsync(socket, "who"));
        Assert.Equal("out", await SendCommandAsync(socket, "sign out"));
        Assert.Equal("nobody", await SendCommandAsync(socket, "who"));
        using var me = await site.SendAsync("/me", id);
        Assert.Equal("nobody", await me.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "C12")]
    [Trait("abuse", "I6")]
    public async Task OpenedBeforeARenewalStaySignedIn(Served served)
    {
        await using var site = await StartAsync(served);
        string old = await SignInAsync(site);
        using var socket = await OpenAsync(site, served, old);
        Assert.Equal("alice", await SendCommandAsync(socket, "who"));

        using var renewal = await site.SendAsync("/renew", old, HttpMethod.Post);
        using var promotion = await site.SendAsync("/me", renewal.SentId());
        // After the grace and after the replay margin, when the old id would count as replayed.
        site.Clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal("alice", await SendCommandAsync(socket, "who"));
        Assert.Equal("True", await SendCommandAsync(socket, "update"));
        using var me = await site.SendAsync("/me", renewal.SentId());
        Assert.Equal("alice", await me.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "C12")]
    [Trait("abuse", "I6")]
    public async Task AreSignedOutByAnImmediateRenewal(Served served)
    {
        await using var site = await StartAsync(served);
        string old = await SignInAsync(site);
        using var socket = await OpenAsync(site, served, old);
        Assert.Equal("alice", await SendCommandAsync(socket, "who"));

        using var renewal = await site.SendAsync("/renew?immediately=true", old, HttpMethod.Post);

        Assert.Equal("nobody", await SendCommandAsync(socket, "who"));
        using var me = await site.SendAsync("/me", renewal.SentId());
        Assert.Equal("alice", await me.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static Task<Site> StartAsync(Served served) => Site.StartAsync(
        app =>
        {
            app.MapPost("/login", async (ISession<IGenericStore> session) => await session.SetAsync("alice"));
            app.MapGet("/me", async (ISession<IGenericStore> session) => (await session.GetAsync())?.UserId ?? "nobody");
            app.MapGet("/theme", async (ISession<IGenericStore> session) => (await session.GetAsync())?["theme"] ?? "none");
            app.MapPut("/theme/{theme}", async (string theme, ISession<IGenericStore> session) =>
                await session.UpdateAsync(new() { ["theme"] = theme }));
            app.MapPost("/renew", async (HttpContext context, ISession<IGenericStore> session) =>
                await session.RenewAsync(context.Request.Query.ContainsKey("immediately")));
            app.Map("/socket", async (HttpContext context, ISession<IGenericStore> session) =>
            {
                using var socket = await context.WebSockets.AcceptWebSocketAsync();
                while (await ReceiveAsync(socket) is { } command)
                {
                    string answer;
                    try
                    {
                        answer = await RunCommandAsync(session, command);
                    }
                    catch (InvalidOperationException fault)
                    {
                        answer = fault.Message;
                    }

                    await socket.SendAsync(Encoding.UTF8.GetBytes(answer), WebSocketMessageType.Text, true, CancellationToken.None);
                }
            });
        },
        served: served,
        before: app => app.UseWebSockets());

    private static async Task<string> RunCommandAsync(ISession<IGenericStore> session, string command)
    {
        switch (command)
        {
            case "who":
                return (await session.GetAsync())?.UserId ?? "nobody";
            case "theme":
                return (await session.GetAsync())?["theme"] ?? "none";
            case "update":
                return (await session.UpdateAsync(new() { ["theme"] = "dark" })).ToString();
            case "sign in":
                await session.SetAsync("bob");
                return "in";
            default:
                await session.DeleteAsync();
                return "out";
        }
    }

    private static async Task<string> SignInAsync(Site site)
    {
        using var login = await site.SendAsync("/login", method: HttpMethod.Post);
        return login.SentId()!;
    }

    private static async Task<WebSocket> OpenAsync(Site site, Served served, string id)
    {
        string cookie = "__Host-sid=" + id;
        if (served == Served.TestServer)
        {
            var client = ((TestServer)site.Services.GetRequiredService<IServer>()).CreateWebSocketClient();
            client.ConfigureRequest = request => request.Headers.Cookie = cookie;
            return await client.ConnectAsync(new Uri("wss://example.test/socket"), TestContext.Current.CancellationToken);
        }

        using var http = site.Client();
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Cookie", cookie);
        await socket.ConnectAsync(
            new UriBuilder(http.BaseAddress!) { Scheme = "ws", Path = "/socket" }.Uri, TestContext.Current.CancellationToken);
        return socket;
    }

    private static async Task<string> SendCommandAsync(WebSocket socket, string command)
    {
        await socket.SendAsync(Encoding.UTF8.GetBytes(command), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);
        return Assert.IsType<string>(await ReceiveAsync(socket).WaitAsync(TimeSpan.FromSeconds(30)));
    }

    private static async Task<string?> ReceiveAsync(WebSocket socket)
    {
        byte[] buffer = new byte[1024];
        try
        {
            var received = await socket.ReceiveAsync(buffer, CancellationToken.None);
            return received.MessageType == WebSocketMessageType.Text ? Encoding.UTF8.GetString(buffer, 0, received.Count) : null;
        }
        catch (Exception gone) when (gone is WebSocketException or IOException or OperationCanceledException)
        {
            // The test has ended and closed the connection.
            return null;
        }
    }
}
