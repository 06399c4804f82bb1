using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sact.Session.Tests;

/// <summary>What an application's observers are notified of, and what a bad one cannot do.</summary>
public sealed class ObserversOfARegistration
{
    [Fact]
    public async Task SeeASessionBeginAndEnd()
    {
        await using var app = App<Recorder>(options => options.CaptureClient = true);
        var request = app.Request();
        request.Request.Headers.UserAgent = "Laptop/1.0";
        var session = request.GetSactSession();
        await session.SetAsync("alice");
        var key = session.GetKey();
        await session.DeleteAsync();

        Assert.Equal(
            [$"began {key} alice SignedIn Laptop/1.0", $"ended {key} alice SignedOut 1"],
            Recorder.Of(app).Events);
        Assert.Equal(app.Clock.GetUtcNow(), Recorder.Of(app).Last!.Time);
    }

    [Fact]
    public async Task SeeTheSessionThatASignInReplaces()
    {
        await using var app = App<Recorder>();
        var session = app.Request().GetSactSession();
        await session.StartAsync();
        var anonymous = session.GetKey();
        await session.SetAsync("alice");

        Assert.Equal(
            [$"began {anonymous}  Anonymous ", $"ended {anonymous}  Replaced 1", $"began {session.GetKey()} alice SignedIn "],
            Recorder.Of(app).Events);
    }

    [Fact]
    public async Task SeeARenewalAndARaise()
    {
        await using var app = App<Recorder>();
        var session = app.Request().GetSactSession();
        await session.SetPendingAsync("alice");
        Assert.True(await session.RaiseAsync(2));
        Assert.True(await session.RenewAsync(immediately: true));

        var key = session.GetKey();
        Assert.Equal(
            [$"began {key} alice Pending ", $"raised {key} alice SignedIn", $"renewed {key} alice SignedIn"],
            Recorder.Of(app).Events);
    }

    [Fact]
    public async Task SeeOneEventForTheOtherSessionsThatEndTogether()
    {
        await using var app = App<Recorder>();
        for (int i = 0; i < 3; i++)
        {
            await app.Request().GetSactSession().SetAsync("alice");
        }

        var session = app.Request().GetSactSession();
        await session.SetAsync("alice");
        var key = session.GetKey();
        await session.DeleteAllSessionsAsync();

        Assert.Equal(["ended  alice SignedOutElsewhere 3", $"ended {key} alice SignedOut 1"], Recorder.Of(app).Events.Skip(4));
    }

    [Fact]
    public async Task SeeTheSessionThatExceedsTheLimit()
    {
        await using var app = App<Recorder>(options => options.MaxSessionsPerUser = 1);
        var first = app.Request().GetSactSession();
        await first.SetAsync("alice");
        await app.Request().GetSactSession().SetAsync("alice");

        Assert.Equal($"ended {first.GetKey()} alice OverLimit 1", Recorder.Of(app).Events[^1]);
    }

    [Fact]
    public async Task SeeNothingOfWhatDidNotHappen()
    {
        await using var app = App<Recorder>();
        var session = app.Request().GetSactSession();
        await session.DeleteAsync();
        await session.DeleteAllSessionsAsync();
        Assert.False(await session.RenewAsync());

        Assert.Empty(Recorder.Of(app).Events);
    }

    /// <summary>A note is a record of the library, such as the alias of a provider's session.</summary>
    [Fact]
    public async Task SeeNothingOfNotes()
    {
        await using var app = App<Recorder>();
        var source = app.Services.GetRequiredService<SessionRegistry>().Sources[0];
        var note = SessionNotes.Named(
            source.Store, UserIdRule.Reserved + "a", SessionFields.Empty, TimeSpan.FromHours(1), app.Clock.GetUtcNow());
        var calls = new StoreClient(source.Store, source.Services, context: null);

        await calls.CreateAsync(note, cap: null, CancellationToken.None);
        Assert.True(await calls.EndAsync(note, SessionEndReason.IdentityProvider, CancellationToken.None));

        Assert.Empty(Recorder.Of(app).Events);
    }

    [Fact]
    public async Task BelongToTheirRegistration()
    {
        await using var app = new TestApp(services =>
        {
            services.AddSactSession();
            services.AddSactSession("admin", options => options.Cookie.Name = "__Host-admin").AddObserver<Recorder>();
        });
        var request = app.Request();
        await request.GetSactSession().SetAsync("alice");
        var admin = request.GetSactSession("admin");
        await admin.SetAsync("root");

        var recorder = (Recorder)app.Services.GetRequiredKeyedService<ISessionObserver>("admin");
        Assert.Equal([$"began {admin.GetKey()} root SignedIn "], recorder.Events);
    }

    [Fact]
    public async Task ThatThrowStopNothingAndAreLogged()
    {
        using var log = new EventLog();
        await using var app = App<Throwing>(log: log);
        var session = app.Request().GetSactSession();

        await session.SetAsync("alice");
        await session.DeleteAsync();

        Assert.Null(await session.GetAsync(reload: true));
        Assert.Equal(2, log.Events.Count(logged => logged.Id == 54));
    }

    /// <summary>The first call waits for a second. Until it returns, no other request waits, and the log has one line.</summary>
    [Fact]
    public async Task ThatHangDelayOneRequestByOneSecond()
    {
        using var log = new EventLog();
        await using var app = App<Hanging>(log: log);
        var gate = ((Hanging)app.Services.GetRequiredKeyedService<ISessionObserver>("")).Gate;

        var first = app.Request().GetSactSession().SetAsync("alice").AsTask();
        await gate.Reached;
        Assert.False(first.IsCompleted);
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        await first.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        for (int i = 0; i < 5; i++)
        {
            await app.Request().GetSactSession().SetAsync("alice");
        }

        Assert.Equal(1, log.Events.Count(logged => logged.Id == 55));
        gate.Open();
    }

    [Fact]
    public async Task ThatHangForEverMissEventsAndSaySoOnce()
    {
        using var log = new EventLog();
        await using var app = App<Hanging>(log: log);
        var gate = ((Hanging)app.Services.GetRequiredKeyedService<ISessionObserver>("")).Gate;
        var first = app.Request().GetSactSession().SetAsync("alice").AsTask();
        await gate.Reached;
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        await first.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        for (int i = 0; i < 120; i++)
        {
            await app.Request().GetSactSession().SetAsync("alice");
        }

        Assert.Equal(1, log.Events.Count(logged => logged.Id == 56));
        gate.Open();
    }

    private static TestApp App<TObserver>(Action<SactSessionOptions>? configure = null, EventLog? log = null)
        where TObserver : class, ISessionObserver => new(services =>
        {
            if (log is not null)
            {
                services.AddLogging(logging => logging.AddProvider(log));
            }

            services.AddSactSession(configure).AddObserver<TObserver>();
        });

    private sealed class Recorder : ISessionObserver
    {
        private readonly ConcurrentQueue<string> _events = new();

        public IReadOnlyList<string> Events => [.. _events];

        public SessionEvent? Last { get; private set; }

        public static Recorder Of(TestApp app) => (Recorder)app.Services.GetRequiredKeyedService<ISessionObserver>("");

        public ValueTask OnBeganAsync(SessionEvent began) =>
            Add($"began {began.Key} {began.UserId} {began.State} {began.Client?.UserAgent}", began);

        public ValueTask OnRenewedAsync(SessionEvent renewed) => Add($"renewed {renewed.Key} {renewed.UserId} {renewed.State}", renewed);

        public ValueTask OnRaisedAsync(SessionEvent raised) => Add($"raised {raised.Key} {raised.UserId} {raised.State}", raised);

        public ValueTask OnEndedAsync(SessionEvent ended) => Add($"ended {ended.Key} {ended.UserId} {ended.Reason} {ended.Count}", ended);

        private ValueTask Add(string line, SessionEvent happened)
        {
            Last = happened;
            _events.Enqueue(line);
            return default;
        }
    }

    private sealed class Throwing : ISessionObserver
    {
        public ValueTask OnBeganAsync(SessionEvent began) => throw new InvalidOperationException("a broken observer");

        public async ValueTask OnEndedAsync(SessionEvent ended)
        {
            await Task.Yield();
            throw new InvalidOperationException("a broken observer");
        }
    }

    private sealed class Hanging : ISessionObserver
    {
        public Gate Gate { get; } = new();

        public ValueTask OnBeganAsync(SessionEvent began) => Gate.PassAsync();
    }
}
