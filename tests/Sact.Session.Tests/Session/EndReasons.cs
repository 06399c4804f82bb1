using Microsoft.AspNetCore.Http;

namespace Sact.Session.Tests;

/// <summary>A request with the cookie of a session that has ended.</summary>
public sealed class EndReasons
{
    /// <summary>Each way to end a session, and the reason that its holder reads.</summary>
    public static TheoryData<string, SessionEndReason> Ends => new()
    {
        { "sign out", SessionEndReason.SignedOut },
        { "sign out everywhere", SessionEndReason.SignedOutElsewhere },
        { "end the others", SessionEndReason.SignedOutElsewhere },
        { "end by key", SessionEndReason.SignedOutElsewhere },
        { "sign in again", SessionEndReason.Replaced },
        { "reach the limit", SessionEndReason.OverLimit },
        { "replay", SessionEndReason.Replayed },
        { "expire", SessionEndReason.Expired },
        { "administrator", SessionEndReason.Administrator },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task AreNamedToWhoeverPresentsAnIdThatWasValidAtTheEnd(string end, SessionEndReason reason)
    {
        var host = new SessionHost(options => options.MaxSessionsPerUser = 3);
        string id = await EndAsync(host, end);
        var late = host.Request(id);

        Assert.Null(await late.Session.GetAsync());

        Assert.Equal(reason, late.Session.EndReason);
        Assert.Empty(late.SetCookies);
    }

    [Theory]
    [MemberData(nameof(Ends))]
    [Trait("abuse", "C8")]
    public async Task AreHiddenFromWhoeverPresentsAnotherId(string end, SessionEndReason reason)
    {
        var host = new SessionHost(options => options.MaxSessionsPerUser = 3);
        string id = await EndAsync(host, end);
        string foreignRotor = SessionIdFormat.WithNewRotor(id);
        string foreignLineage = id[..24] + (id[24] == 'A' ? 'B' : 'A') + id[25..];
        foreach (string other in (string[])[foreignRotor, foreignLineage, id[..55] + (id[55] == 'A' ? 'B' : 'A')])
        {
            var request = host.Request(other);
            Assert.Null(await request.Session.GetAsync());
            Assert.True(request.Session.EndReason is null, $"{reason} was shown to {other}.");
        }
    }

    [Fact]
    public async Task AreNullForALiveSessionAndBeforeItWasRead()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync();
        var request = host.Request(id);
        Assert.Null(request.Session.EndReason);
        Assert.NotNull(await request.Session.GetAsync());
        Assert.Null(request.Session.EndReason);
        Assert.Null(host.Request().Session.EndReason);
    }

    [Fact]
    public async Task AreForgottenAfterTenMinutes()
    {
        var host = new SessionHost();
        string id = await EndAsync(host, "sign out everywhere");
        host.Clock.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(SessionEndReason.SignedOutElsewhere, await ReasonAsync(host, id));
        host.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(await ReasonAsync(host, id));
    }

    [Fact]
    public async Task CostNoSecondRead()
    {
        var host = new SessionHost();
        string id = await EndAsync(host, "sign out everywhere");
        host.Store.Reset();
        Assert.Equal(SessionEndReason.SignedOutElsewhere, await ReasonAsync(host, id));
        Assert.Equal(["get"], host.Store.Calls);
    }

    /// <summary>A renewed id whose cookie was on its way is valid, so its holder may know as well.</summary>
    [Fact]
    public async Task AreNamedForTheNewIdAndForTheOldOneWithinItsGrace()
    {
        var host = new SessionHost();
        string first = await host.SeenAsync();
        string second = await host.RotateAsync(first);
        string third = await host.SignInAsync();
        await host.Request(third).Session.DeleteOtherSessionsAsync();
        Assert.Equal(SessionEndReason.SignedOutElsewhere, await ReasonAsync(host, first));
        Assert.Equal(SessionEndReason.SignedOutElsewhere, await ReasonAsync(host, second));
    }

    [Fact]
    public async Task AreHiddenFromAnOldIdPastItsGrace()
    {
        var host = new SessionHost();
        string first = await host.SeenAsync();
        string second = await host.RotateAsync(first);
        host.Clock.Advance(host.Options.RenewalGrace);
        string third = await host.SignInAsync();
        await host.Request(third).Session.DeleteOtherSessionsAsync();
        Assert.Null(await ReasonAsync(host, first));
        Assert.Equal(SessionEndReason.SignedOutElsewhere, await ReasonAsync(host, second));
    }

    [Fact]
    public async Task AreNamedToAWebSocketWhoseSessionWasRenewedMeanwhile()
    {
        var host = new SessionHost();
        string first = await host.SeenAsync();
        var socket = host.Request(first);
        Assert.NotNull(await socket.Session.GetAsync());
        socket.StartResponse();
        string second = await host.RotateAsync(first);
        host.Clock.Advance(TimeSpan.FromHours(1));
        string third = await host.RotateAsync(second);
        await host.Request(third).Session.DeleteAsync();

        Assert.Null(await socket.Session.GetAsync());

        Assert.Equal(SessionEndReason.SignedOut, socket.Session.EndReason);
    }

    [Fact]
    public async Task AreHiddenFromAWebSocketWhoseIdWasReplacedAtOnce()
    {
        var host = new SessionHost();
        string first = await host.SeenAsync();
        var socket = host.Request(first);
        Assert.NotNull(await socket.Session.GetAsync());
        socket.StartResponse();
        string second = (await host.RenewAsync(first, immediately: true))!;
        await host.Request(second).Session.DeleteAsync();

        Assert.Null(await socket.Session.GetAsync());

        Assert.Null(socket.Session.EndReason);
    }

    [Fact]
    public async Task EndWithTheNextSignIn()
    {
        var host = new SessionHost();
        string id = await EndAsync(host, "sign out everywhere");
        var request = host.Request(id);
        Assert.Null(await request.Session.GetAsync());
        await request.Session.SetAsync("alice");
        Assert.Null(request.Session.EndReason);
    }

    /// <summary>A store without markers is one that somebody has written: nothing is known, and nothing fails.</summary>
    [Fact]
    public async Task AreUnknownWithAStoreThatLeavesNoMarkers()
    {
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var store = new ApplicationStore(new GenericStoreOptions { TimeProvider = clock });
        var options = new SactSessionOptions { TimeProvider = clock };
        var first = Request(null);
        await first.Session.SetAsync("alice");
        string id = first.Session.GetSessionId();
        await Request(id).Session.DeleteAsync();
        var late = Request(id);
        Assert.Null(await late.Session.GetAsync());
        Assert.Null(late.Session.EndReason);

        (HttpContext Context, Session<ApplicationStore> Session) Request(string? cookie)
        {
            var context = new DefaultHttpContext();
            context.Request.Scheme = "https";
            context.Request.Headers.Cookie = cookie is null ? "" : $"{options.Cookie.Name}={cookie}";
            return (context, new Session<ApplicationStore>(context.Request, context.Response, store, options));
        }
    }

    private static async Task<SessionEndReason?> ReasonAsync(SessionHost host, string id)
    {
        var request = host.Request(id);
        Assert.Null(await request.Session.GetAsync());
        return request.Session.EndReason;
    }

    /// <summary>Ends a session of alice, and returns the id that was valid at its end.</summary>
    private static async Task<string> EndAsync(SessionHost host, string end)
    {
        string id = await host.SeenAsync();
        switch (end)
        {
            case "sign out":
                await host.Request(id).Session.DeleteAsync();
                break;
            case "sign out everywhere":
                await host.Request(await host.SignInAsync()).Session.DeleteAllSessionsAsync();
                break;
            case "end the others":
                await host.Request(await host.SignInAsync()).Session.DeleteOtherSessionsAsync();
                break;
            case "end by key":
                Assert.True(await host.Request(await host.SignInAsync()).Session.DeleteSessionAsync(host.Store.GetSessionKey(id)));
                break;
            case "sign in again":
                await host.Request(id).Session.SetAsync("alice");
                break;
            case "reach the limit":
                for (int i = 0; i < 3; i++)
                {
                    host.Clock.Advance(TimeSpan.FromMinutes(2));
                    await host.SeenAsync();
                }

                break;
            case "replay":
                string renewed = await host.RotateAsync(id);
                host.Clock.Advance(host.Options.ReplayMargin + TimeSpan.FromSeconds(1));
                Assert.Null(await host.WhoAsync(id));
                return renewed;
            case "expire":
                host.Clock.Advance(host.Options.IdleTimeout);
                break;
            default:
                Assert.True(await host.Memory.EndAsync((await host.RecordOf(id))!, SessionEndReason.Administrator));
                break;
        }

        return id;
    }
}
