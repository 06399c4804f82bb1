using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>A response that streams, such as server-sent events, from an endpoint with <c>CloseWhenSessionEnds()</c>.</summary>
public sealed class ClosedStreams
{
    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    [Trait("abuse", "I6")]
    public async Task EndAsCompleteOnesWhenTheUserSignsOutEverywhere(Served served)
    {
        await using var site = await StartAsync(served);
        string id = await site.SignInAsync("alice");
        using var stream = await OpenAsync(site, "/events", id);

        using var signOut = await site.SendAsync("/out-everywhere", id, HttpMethod.Post);

        Assert.Equal("data: hello\n\ndata: bye\n\n", await RestAsync(stream));
    }

    [Fact]
    [Trait("abuse", "I6")]
    public async Task AreAbortedIfTheEndpointDoesNotStop()
    {
        await using var site = await StartAsync(Served.Kestrel);
        string id = await site.SignInAsync("alice");
        using var stream = await OpenAsync(site, "/deaf", id);

        using var signOut = await site.SendAsync("/out-everywhere", id, HttpMethod.Post);

        await Assert.ThrowsAnyAsync<IOException>(() => RestAsync(stream));
        site.Services.GetRequiredService<Gate>().Open();
    }

    [Fact]
    public async Task StayOpenWhenAnotherUserSignsOut()
    {
        await using var site = await StartAsync(Served.Kestrel);
        string alice = await site.SignInAsync("alice");
        string bob = await site.SignInAsync("bob");
        using var ofAlice = await OpenAsync(site, "/events", alice);
        using var ofBob = await OpenAsync(site, "/events", bob);

        using var signOut = await site.SendAsync("/out-everywhere", bob, HttpMethod.Post);
        await RestAsync(ofBob);

        var rest = RestAsync(ofAlice);
        Assert.False(rest.IsCompleted);
        site.Services.GetRequiredService<Gate>().Open();
        Assert.Equal("data: hello\n\ndata: done\n\n", await rest);
    }

    /// <summary>The browser reconnects by itself, and must not go on as nobody.</summary>
    [Fact]
    public async Task AreRefusedAtTheReconnectionAfterTheEnd()
    {
        await using var site = await StartAsync(Served.Kestrel);
        string id = await site.SignInAsync("alice");
        using var signOut = await site.SendAsync("/out-everywhere", id, HttpMethod.Post);

        using var again = await site.SendAsync("/events", id);

        // The scheme's challenge. An EventSource stops when the answer is no event stream.
        Assert.Equal(HttpStatusCode.Found, again.StatusCode);
    }

    [Fact]
    [Trait("abuse", "I6")]
    public async Task EndIfTheSessionEndedWhileTheyOpened()
    {
        await using var site = await StartAsync(Served.Kestrel);
        string id = await site.SignInAsync("alice");

        using var stream = await OpenAsync(site, "/late", id);

        Assert.Equal("data: hello\n\ndata: bye\n\n", await RestAsync(stream));
    }

    /// <summary>An empty 200 would look like success.</summary>
    [Fact]
    public async Task AreRefusedIfTheEndCameBeforeTheirFirstByte()
    {
        await using var site = await StartAsync(Served.Kestrel);
        string id = await site.SignInAsync("alice");
        var answer = site.SendAsync("/slow", id);
        await site.Services.GetRequiredService<Gate>().Reached;

        using var signOut = await site.SendAsync("/out-everywhere", id, HttpMethod.Post);

        using var refused = await answer;
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Contains("\"endReason\":\"signedOut\"", await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task AreAbortedAlthoughACallbackOfTheEndpointThrows()
    {
        await using var site = await StartAsync(Served.Kestrel);
        string id = await site.SignInAsync("alice");
        using var stream = await OpenAsync(site, "/throwing", id);

        using var signOut = await site.SendAsync("/out-everywhere", id, HttpMethod.Post);

        await Assert.ThrowsAnyAsync<IOException>(() => RestAsync(stream));
        site.Services.GetRequiredService<Gate>().Open();
    }

    /// <summary>Its answer, with the deleted cookie, must arrive.</summary>
    [Fact]
    public async Task OfARequestThatSignsOutItselfAreComplete()
    {
        await using var site = await StartAsync(Served.Kestrel);
        string id = await site.SignInAsync("alice");

        using var answer = await site.SendAsync("/marked-out", id, HttpMethod.Post);

        Assert.Equal("True False", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal("", answer.SentId());
    }

    [Fact]
    public async Task OfNobodyAreSentAsAlways()
    {
        await using var site = await StartAsync(Served.Kestrel);

        using var response = await site.SendAsync("/public");

        Assert.Equal("public", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static async Task<StreamReader> OpenAsync(Site site, string path, string id)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Cookie", $"__Host-sid={id}");
        var response = await site.Client().SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken), Encoding.UTF8);
    }

    private static Task<string> RestAsync(StreamReader stream) =>
        stream.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30));

    private static Task<Site> StartAsync(Served served) => AuthenticationSite.StartAsync(
        map: app =>
        {
            // The end comes after the request was authenticated, and before its endpoint runs.
            app.Use(async (context, next) =>
            {
                if (context.Request.Path == "/late")
                {
                    await context.RequestServices.GetRequiredService<IGenericStore>().DeleteActiveSessionsAsync("alice");
                }

                await next(context);
            });
            app.MapPost("/out-everywhere", async (ISactSession mine) => await mine.DeleteAllSessionsAsync());
            app.MapGet("/events", StreamAsync).RequireAuthorization().CloseWhenSessionEnds();
            app.MapGet("/late", StreamAsync).RequireAuthorization().CloseWhenSessionEnds();
            app.MapGet("/deaf", async (HttpContext context, Gate done) =>
            {
                await context.Response.WriteAsync("data: hello\n\n", CancellationToken.None);
                await context.Response.Body.FlushAsync(CancellationToken.None);
                await done.PassAsync();
            }).RequireAuthorization().CloseWhenSessionEnds();
            app.MapGet("/slow", async (Gate done, CancellationToken cancellationToken) =>
            {
                await done.PassAsync().AsTask().WaitAsync(cancellationToken);
                return "done";
            }).RequireAuthorization().CloseWhenSessionEnds();
            app.MapGet("/throwing", async (HttpContext context, Gate done) =>
            {
                context.RequestAborted.Register(static () => throw new InvalidOperationException("a broken callback"));
                await context.Response.WriteAsync("data: hello\n\n", CancellationToken.None);
                await context.Response.Body.FlushAsync(CancellationToken.None);
                await done.PassAsync();
            }).RequireAuthorization().CloseWhenSessionEnds();
            app.MapPost("/marked-out", async (HttpContext context, ISactSession mine) =>
            {
                await mine.GetAsync();
                var ended = mine.EndedToken;
                await mine.DeleteAllSessionsAsync();
                await ended.CancelledAsync();
                await context.RequestServices.GetRequiredService<SessionRegistry>().Sources[0].Backend.Watch.Running;
                return $"{ended.IsCancellationRequested} {context.RequestAborted.IsCancellationRequested}";
            }).RequireAuthorization().CloseWhenSessionEnds();
            app.MapGet("/public", static () => "public").CloseWhenSessionEnds();
        },
        build: builder =>
        {
            builder.Services.AddSactSession().UseMemory();
            builder.Services.AddSingleton<Gate>();
        },
        served: served);

    private static async Task StreamAsync(HttpContext context, Gate done, CancellationToken cancellationToken)
    {
        await context.Response.WriteAsync("data: hello\n\n", CancellationToken.None);
        await context.Response.Body.FlushAsync(CancellationToken.None);
        try
        {
            await done.PassAsync().AsTask().WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await context.Response.WriteAsync("data: bye\n\n", CancellationToken.None);
            throw;
        }

        await context.Response.WriteAsync("data: done\n\n", CancellationToken.None);
    }
}
