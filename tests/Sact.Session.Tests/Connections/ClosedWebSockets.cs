using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>A WebSocket from an endpoint with <c>CloseWhenSessionEnds()</c>, on Kestrel.</summary>
public sealed class ClosedWebSockets
{
    [Fact]
    [Trait("abuse", "I6")]
    public async Task ReceiveACloseMessageWhenTheUserSignsOutEverywhere()
    {
        await using var site = await StartAsync();
        string id = await site.SignInAsync("alice");
        using var socket = await OpenAsync(site, id, "/socket");
        Assert.Equal("alice", await ReceiveAsync(socket));

        using var signOut = await site.SendAsync("/out-everywhere", id, HttpMethod.Post);

        Assert.Null(await ReceiveAsync(socket));
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, socket.CloseStatus);
        Assert.Equal("The session has ended.", socket.CloseStatusDescription);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, TestContext.Current.CancellationToken);
        Assert.Equal(WebSocketState.Closed, socket.State);
    }

    [Fact]
    [Trait("abuse", "I6")]
    public async Task AreAbortedIfTheClientDoesNotReply()
    {
        await using var site = await StartAsync();
        string id = await site.SignInAsync("alice");
        using var socket = await OpenAsync(site, id, "/socket");
        Assert.Equal("alice", await ReceiveAsync(socket));
        using var signOut = await site.SendAsync("/out-everywhere", id, HttpMethod.Post);
        Assert.Null(await ReceiveAsync(socket));

        // No reply. The server does not wait for it.
        await site.Services.GetRequiredService<Gate>().Reached;
    }

    [Fact]
    public async Task OfAnotherUserStayOpen()
    {
        await using var site = await StartAsync();
        string alice = await site.SignInAsync("alice");
        string bob = await site.SignInAsync("bob");
        using var ofAlice = await OpenAsync(site, alice, "/socket");
        using var ofBob = await OpenAsync(site, bob, "/socket");
        Assert.Equal("bob", await ReceiveAsync(ofBob));
        Assert.Equal("alice", await ReceiveAsync(ofAlice));

        using var signOut = await site.SendAsync("/out-everywhere", bob, HttpMethod.Post);

        Assert.Null(await ReceiveAsync(ofBob));
        await ofAlice.SendAsync("again"u8.ToArray(), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);
        Assert.Equal("alice", await ReceiveAsync(ofAlice));
    }

    private static async Task<ClientWebSocket> OpenAsync(Site site, string id, string path)
    {
        using var http = site.Client();
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Cookie", $"__Host-sid={id}");
        await socket.ConnectAsync(
            new UriBuilder(new Uri(http.BaseAddress!, path)) { Scheme = "ws" }.Uri, TestContext.Current.CancellationToken);
        return socket;
    }

    /// <summary>The next message; null for the close message.</summary>
    private static async Task<string?> ReceiveAsync(WebSocket socket)
    {
        byte[] buffer = new byte[256];
        var received = await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30));
        return received.MessageType == WebSocketMessageType.Text ? Encoding.UTF8.GetString(buffer, 0, received.Count) : null;
    }

    private static Task<Site> StartAsync() => AuthenticationSite.StartAsync(
        map: app =>
        {
            app.UseWebSockets();
            app.MapPost("/out-everywhere", async (ISactSession mine) => await mine.DeleteAllSessionsAsync());
            app.MapGet("/socket", async (HttpContext context, Gate ended) =>
            {
                using var socket = await context.WebSockets.AcceptWebSocketAsync();
                byte[] name = Encoding.UTF8.GetBytes(context.User.Identity!.Name!);
                byte[] buffer = new byte[256];
                try
                {
                    do
                    {
                        await socket.SendAsync(name, WebSocketMessageType.Text, true, context.RequestAborted);
                    }
                    while ((await socket.ReceiveAsync(buffer, context.RequestAborted)).MessageType != WebSocketMessageType.Close);
                }
                finally
                {
                    ended.Open();
                    await ended.PassAsync();
                }
            }).RequireAuthorization().CloseWhenSessionEnds();
        },
        build: builder =>
        {
            builder.Services.AddSactSession().UseMemory();
            builder.Services.AddSingleton<Gate>();
        },
        served: Served.Kestrel);
}
