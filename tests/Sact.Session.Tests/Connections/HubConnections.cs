using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>A SignalR hub with <c>CloseWhenSessionEnds()</c>, on Kestrel and with the real client, over each transport.</summary>
public sealed class HubConnections
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(30);

    public static TheoryData<HttpTransportType> Transports =>
        [HttpTransportType.WebSockets, HttpTransportType.ServerSentEvents, HttpTransportType.LongPolling];

    [Theory]
    [MemberData(nameof(Transports))]
    [Trait("abuse", "I6")]
    public async Task CloseWhenTheUserSignsOutEverywhere(HttpTransportType transport)
    {
        await using var site = await StartAsync();
        string id = await site.SignInAsync("alice");
        await using var client = await ConnectAsync(site, id, transport);
        Assert.Equal("alice", await client.Connection.InvokeAsync<string>("Who", TestContext.Current.CancellationToken));

        using var signOut = await site.SendAsync("/out-everywhere", id, HttpMethod.Post);

        await AssertClosedAsync(client, transport);
        Assert.Equal(0, Watched(site));
    }

    [Theory]
    [MemberData(nameof(Transports))]
    [Trait("abuse", "I6")]
    public async Task CloseWhenTheSessionExpires(HttpTransportType transport)
    {
        // A short one, because the framework's own timeouts follow the same clock.
        await using var site = await StartAsync(options => options.IdleTimeout = options.WatchInterval = TimeSpan.FromSeconds(2));
        string id = await site.SignInAsync("alice");
        await using var client = await ConnectAsync(site, id, transport);
        Assert.Equal("alice", await client.Connection.InvokeAsync<string>("Who", TestContext.Current.CancellationToken));

        site.Clock.Advance(TimeSpan.FromSeconds(2));

        await AssertClosedAsync(client, transport);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task StayOpenWhenAnotherUserSignsOut(HttpTransportType transport)
    {
        await using var site = await StartAsync();
        string alice = await site.SignInAsync("alice");
        string bob = await site.SignInAsync("bob");
        await using var ofAlice = await ConnectAsync(site, alice, transport);
        await using var ofBob = await ConnectAsync(site, bob, transport);

        using var signOut = await site.SendAsync("/out-everywhere", bob, HttpMethod.Post);

        await ofBob.Closed.WaitAsync(s_longest, TestContext.Current.CancellationToken);
        Assert.Equal("alice", await ofAlice.Connection.InvokeAsync<string>("Who", TestContext.Current.CancellationToken));
        Assert.Equal(1, Watched(site));
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task AreNoLongerWatchedAfterTheClientHasLeft(HttpTransportType transport)
    {
        await using var site = await StartAsync();
        await using var client = await ConnectAsync(site, await site.SignInAsync("alice"), transport);
        await client.Connection.InvokeAsync<string>("Who", TestContext.Current.CancellationToken);
        Assert.Equal(1, Watched(site));

        await client.Connection.StopAsync(TestContext.Current.CancellationToken);

        await site.Services.GetRequiredService<Gate>().Reached.WaitAsync(s_longest, TestContext.Current.CancellationToken);
        Assert.Equal(0, Watched(site));
    }

    /// <summary>A busy chat extends its session as requests do.</summary>
    [Theory]
    [MemberData(nameof(Transports))]
    public async Task ExtendTheSessionWithEachInvocation(HttpTransportType transport)
    {
        await using var site = await StartAsync(options => options.IdleTimeout = TimeSpan.FromMinutes(30));
        string id = await site.SignInAsync("alice");
        await using var client = await ConnectAsync(site, id, transport);

        for (int i = 0; i < 4; i++)
        {
            site.Clock.Advance(TimeSpan.FromMinutes(20));
            Assert.Equal("alice", await client.Connection.InvokeAsync<string>("Who", TestContext.Current.CancellationToken));

            // A read from before the invocation would be judged by the time after the next step.
            await Watch(site).Running.WaitAsync(s_longest, TestContext.Current.CancellationToken);
        }

        Assert.Equal("200 alice", await site.StatusAndTextAsync("/who", id));
    }

    /// <summary>The end comes after the request was authenticated, and before the hub runs.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [Trait("abuse", "I6")]
    public async Task CloseIfTheSessionEndedWhileTheyOpened(string? name)
    {
        await using var site = await StartAsync(name: name, beforeHub: async context =>
        {
            Assert.Equal("alice", context.User.Identity!.Name);
            await context.RequestServices.GetRequiredService<IGenericStore>().DeleteActiveSessionsAsync("alice");
        });
        string id = await site.SignInAsync("alice");
        await using var client = await ConnectAsync(site, id, HttpTransportType.WebSockets);

        Assert.Null(await client.Closed.WaitAsync(s_longest, TestContext.Current.CancellationToken));
        Assert.Equal(0, Watched(site));
    }

    [Fact]
    public async Task InAMarkedGroupCloseWithoutAnError()
    {
        await using var site = await StartAsync();
        string id = await site.SignInAsync("alice");
        await using var client = await ConnectAsync(site, id, HttpTransportType.WebSockets, "/group/chat");
        Assert.Equal("alice", await client.Connection.InvokeAsync<string>("Who", TestContext.Current.CancellationToken));

        using var signOut = await site.SendAsync("/out-everywhere", id, HttpMethod.Post);

        await AssertClosedAsync(client, HttpTransportType.WebSockets);
    }

    /// <summary>With stateful reconnect a connection outlives its first request, and OnConnectedAsync does not run again.</summary>
    [Fact]
    [Trait("abuse", "I6")]
    public async Task AfterAStatefulReconnectAreStillWatchedAndStillExtendTheSession()
    {
        var ended = new SemaphoreSlim(0);
        await using var site = await StartAsync(
            options => options.IdleTimeout = TimeSpan.FromMinutes(30),
            beforeHub: context =>
            {
                // Registered before the session's own, so it runs after it.
                context.Response.OnCompleted(() =>
                {
                    ended.Release();
                    return Task.CompletedTask;
                });
                return Task.CompletedTask;
            });
        string id = await site.SignInAsync("alice");
        await using var client = await ConnectAsync(site, id, HttpTransportType.WebSockets, stateful: true);
        Assert.Equal("alice", await client.Connection.InvokeAsync<string>("Name", TestContext.Current.CancellationToken));

        client.Sockets[0].Abort();

        Assert.True(await ended.WaitAsync(s_longest, TestContext.Current.CancellationToken));
        for (int i = 0; i < 3; i++)
        {
            site.Clock.Advance(TimeSpan.FromMinutes(20));
            Assert.Equal("alice", await client.Connection.InvokeAsync<string>("Name", TestContext.Current.CancellationToken));
            await Watch(site).Running.WaitAsync(s_longest, TestContext.Current.CancellationToken);
        }

        Assert.Equal(2, client.Sockets.Count);
        Assert.Equal(1, Watched(site));
        using var signOut = await site.SendAsync("/out-everywhere", id, HttpMethod.Post);
        Assert.Equal(HttpStatusCode.OK, signOut.StatusCode);
        await client.Closed.WaitAsync(s_longest, TestContext.Current.CancellationToken);
        Assert.Equal(0, Watched(site));
    }

    /// <summary>SignalR calls no OnDisconnectedAsync for a connection that its hub refuses.</summary>
    [Theory]
    [MemberData(nameof(Transports))]
    public async Task ThatTheHubRefusesAreNotWatched(HttpTransportType transport)
    {
        await using var site = await StartAsync();
        string id = await site.SignInAsync("alice");
        await using var client = await ConnectAsync(site, id, transport, "/refusing");

        await client.Closed.WaitAsync(s_longest, TestContext.Current.CancellationToken);

        Assert.Equal(0, Watched(site));
    }

    [Fact]
    public async Task OfHubsThatDoNotCloseAreNotWatched()
    {
        await using var site = await StartAsync();
        await using var client = await ConnectAsync(site, await site.SignInAsync("alice"), HttpTransportType.WebSockets, "/open");

        Assert.Equal("alice", await client.Connection.InvokeAsync<string>("Who", TestContext.Current.CancellationToken));
        Assert.Equal(0, Watched(site));
    }

    /// <summary>
    /// The server has closed the connection, and the client has not reconnected. Over other transports than WebSockets a request of the
    /// client may meet the end before the close message does. It is refused, and so is the reconnection.
    /// </summary>
    private static async Task AssertClosedAsync(Client client, HttpTransportType transport)
    {
        var fault = await client.Closed.WaitAsync(s_longest, TestContext.Current.CancellationToken);
        if (transport == HttpTransportType.WebSockets || fault is null)
        {
            Assert.Null(fault);
            Assert.Equal(0, client.Reconnects);
        }
        else
        {
            Assert.StartsWith("Reconnect retries have been exhausted", fault.Message, StringComparison.Ordinal);
        }

        Assert.Equal(HubConnectionState.Disconnected, client.Connection.State);
    }

    private static SessionWatch Watch(Site site) => site.Services.GetRequiredService<SessionRegistry>().Sources[0].Backend.Watch;

    private static int Watched(Site site) => Watch(site).Count;

    private static Task<Site> StartAsync(
        Action<SactSessionOptions>? session = null, Func<HttpContext, Task>? beforeHub = null, string? name = null) =>
        AuthenticationSite.StartAsync(
            map: app =>
            {
                app.Use(async (context, next) =>
                {
                    if (beforeHub is not null && context.Request.Path == "/chat" && HttpMethods.IsGet(context.Request.Method))
                    {
                        await beforeHub(context);
                    }

                    await next(context);
                });
                app.MapPost("/out-everywhere", async (ISactSession mine) => await mine.DeleteAllSessionsAsync());
                app.MapHub<Chat>("/chat", o => o.AllowStatefulReconnects = true).RequireAuthorization().CloseWhenSessionEnds(name);
                app.MapHub<Chat>("/open").RequireAuthorization();
                app.MapGroup("/group").CloseWhenSessionEnds().MapHub<Chat>("/chat").RequireAuthorization();
                app.MapHub<Refusing>("/refusing").RequireAuthorization().CloseWhenSessionEnds();
            },
            session: session,
            build: builder =>
            {
                builder.Services.AddSactSession().UseMemory();
                builder.Services.AddSignalR();
                builder.Services.AddSingleton<Gate>();
            },
            served: Served.Kestrel);

    private static async Task<Client> ConnectAsync(
        Site site, string id, HttpTransportType transport, string path = "/chat", bool stateful = false)
    {
        using var http = site.Client();
        var sockets = new List<WebSocket>();
        var builder = new HubConnectionBuilder()
            .WithUrl(new Uri(http.BaseAddress!, path), transport, options =>
            {
                options.Headers["Cookie"] = $"__Host-sid={id}";
                if (stateful)
                {
                    options.WebSocketFactory = async (context, cancellationToken) =>
                    {
                        var socket = new ClientWebSocket();
                        socket.Options.SetRequestHeader("Cookie", $"__Host-sid={id}");
                        await socket.ConnectAsync(context.Uri, cancellationToken);
                        sockets.Add(socket);
                        return socket;
                    };
                }
            })
            .WithAutomaticReconnect([TimeSpan.Zero]);
        var connection = (stateful ? builder.WithStatefulReconnect() : builder).Build();
        var client = new Client(connection, sockets);
        await connection.StartAsync(TestContext.Current.CancellationToken);
        return client;
    }

    private sealed class Client : IAsyncDisposable
    {
        private readonly TaskCompletionSource<Exception?> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Client(HubConnection connection, IReadOnlyList<WebSocket> sockets)
        {
            Connection = connection;
            Sockets = sockets;
            connection.Closed += fault =>
            {
                _closed.TrySetResult(fault);
                return Task.CompletedTask;
            };
            connection.Reconnecting += _ =>
            {
                Reconnects++;
                return Task.CompletedTask;
            };
        }

        public HubConnection Connection { get; }

        /// <summary>Those that a stateful connection has had.</summary>
        public IReadOnlyList<WebSocket> Sockets { get; }

        /// <summary>The error with which the connection closed; null for none.</summary>
        public Task<Exception?> Closed => _closed.Task;

        public int Reconnects { get; private set; }

        public ValueTask DisposeAsync() => Connection.DisposeAsync();
    }

    /// <summary>A hub whose methods use the session of the connection.</summary>
    private sealed class Chat(Gate left) : Hub
    {
        public string Name() => Context.UserIdentifier!;

        public async Task<string> Who()
        {
            var session = Context.GetHttpContext()!.GetSactSession();
            return (await session.GetAsync())?.UserId ?? "nobody";
        }

        public override async Task OnDisconnectedAsync(Exception? exception)
        {
            left.Open();
            await left.PassAsync();
        }
    }

    private sealed class Refusing : Hub
    {
        public override Task OnConnectedAsync() => throw new HubException("Nobody may enter.");
    }
}
