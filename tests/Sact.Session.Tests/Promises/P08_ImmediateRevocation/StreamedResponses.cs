using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Sact.Session.Tests;

/// <summary>While a response is streamed, each read calls the store again, and data can be changed.</summary>
public sealed class StreamedResponses
{
    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "I6")]
    public async Task ServerSentEventsSeeARevocationAtTheNextRead(Served served)
    {
        var ticks = Channel.CreateUnbounded<int>();
        await using var site = await Site.StartAsync(
            app =>
            {
                app.MapPost("/login", async (ISession<IGenericStore> session) => await session.SetAsync("alice"));
                app.MapGet("/events", (ISession<IGenericStore> session, CancellationToken cancellationToken) =>
                    TypedResults.ServerSentEvents(Events(session, ticks.Reader, cancellationToken)));
            },
            served: served);
        using var login = await site.SendAsync("/login", method: HttpMethod.Post);
        using var client = site.Client();
        client.DefaultRequestHeaders.Add("Cookie", "__Host-sid=" + login.SentId());
        ticks.Writer.TryWrite(1);
        using var response = await client.GetAsync(
            "/events", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));

        Assert.Equal("alice 1", await NextAsync());
        ticks.Writer.TryWrite(2);
        Assert.Equal("alice 2", await NextAsync());
        await site.Store.DeleteActiveSessionsAsync("alice", cancellationToken: TestContext.Current.CancellationToken);
        ticks.Writer.TryWrite(3);
        Assert.Equal("nobody", await NextAsync());

        async Task<string> NextAsync()
        {
            while (true)
            {
                string? line = await lines.ReadLineAsync(TestContext.Current.CancellationToken)
                    .AsTask().WaitAsync(TimeSpan.FromSeconds(30));
                Assert.NotNull(line);
                if (line.StartsWith("data: ", StringComparison.Ordinal))
                {
                    return line["data: ".Length..];
                }
            }
        }

        static async IAsyncEnumerable<string> Events(
            ISession<IGenericStore> session, ChannelReader<int> ticks, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await foreach (int _ in ticks.ReadAllAsync(cancellationToken))
            {
                // The data is updated during the stream, and the next read returns what the store has.
                bool live = await session.ModifyAsync<int>("seen", seen => seen + 1, CancellationToken.None);
                var me = await session.GetAsync(cancellationToken: CancellationToken.None);
                Assert.Equal(live, me is not null);
                yield return me is null ? "nobody" : $"{me.UserId} {me.Get<int>("seen")}";
            }
        }
    }

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "I6")]
    public async Task OnlyAfterAFlushDoesEveryReadCallTheStore(Served served)
    {
        int before = 0, after = 0;
        await using var site = await Site.StartAsync(
            app =>
            {
                app.MapPost("/login", async (ISession<IGenericStore> session) => await session.SetAsync("alice"));
                app.MapGet("/", async (HttpContext context, ISession<IGenericStore> session) =>
                {
                    var store = (ProbeStore)session.Store;
                    context.Features.GetRequiredFeature<IHttpResponseBodyFeature>().DisableBuffering();
                    store.Reset();
                    await session.GetAsync();
                    await session.GetAsync();
                    before = store.Count("get");
                    await context.Response.WriteAsync("begun");
                    await context.Response.Body.FlushAsync();
                    store.Reset();
                    await session.GetAsync();
                    await session.GetAsync();
                    after = store.Count("get");
                });
            },
            served: served);
        using var login = await site.SendAsync("/login", method: HttpMethod.Post);
        using var response = await site.SendAsync("/", login.SentId());

        Assert.Equal("begun", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal((1, 2), (before, after));
    }

    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "I6")]
    public async Task TheFirstUseMayComeAfterTheStreamHasStarted(Served served)
    {
        await using var site = await Site.StartAsync(
            app =>
            {
                app.MapPost("/login", async (ISession<IGenericStore> session) => await session.SetAsync("alice"));
                app.MapGet("/", async (HttpContext context) =>
                {
                    await context.Response.WriteAsync("begun, ");
                    var session = context.GetSactSession();
                    Assert.True(await session.UpdateAsync(new() { ["theme"] = "dark" }));
                    await context.Response.WriteAsync((await session.GetAsync())?["theme"] ?? "nobody");
                });
            },
            served: served);
        using var login = await site.SendAsync("/login", method: HttpMethod.Post);
        using var response = await site.SendAsync("/", login.SentId());

        Assert.Equal("begun, dark", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Empty(response.SetCookies());
    }
}
