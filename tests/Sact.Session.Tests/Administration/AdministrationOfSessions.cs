using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sact.Session.Tests;

/// <summary>What an administrator finds, counts and ends, and who is named for it.</summary>
public sealed class AdministrationOfSessions
{
    private const string Actor = "support desk, ticket 4711";

    [Fact]
    public async Task FindsBySeveralConditions()
    {
        await using var app = App();
        var phone = await SignInAsync(app, "alice", "Phone/1.0", "203.0.113.7");
        await SignInAsync(app, "alice", "Laptop/1.0", "198.51.100.1");
        await SignInAsync(app, "bob", "Phone/1.0", "203.0.113.7");

        var page = await Of(app).FindAsync(new SessionQuery { UserId = "alice", UserAgent = "phone", Address = "203.0.113.7" });

        var found = Assert.Single(page.Sessions);
        Assert.Equal((phone, "alice", SessionState.SignedIn), (found.Key, found.UserId, found.State));
        Assert.Equal(new SessionClient("Phone/1.0", "203.0.113.7"), found.SignInClient);
        Assert.Null(page.Next);
    }

    /// <summary>Whoever reads an answer, a log of it or a dump of it, can act as nobody.</summary>
    [Fact]
    public void HandsOutNoHashAndNoMetadata()
    {
        Type[] answers =
        [
            typeof(AdministeredSession), typeof(AdministeredSessionPage), typeof(AdministeredSessionDetails), typeof(SessionTimelineEntry),
        ];
        var kinds = answers
            .SelectMany(type => type.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
            .Select(property => property.PropertyType);

        Assert.DoesNotContain(kinds, type => type == typeof(SecretHash) || type == typeof(SecretHash?)
            || type == typeof(SessionFields) || type == typeof(SessionRecord));
    }

    [Fact]
    public async Task CountsByState()
    {
        await using var app = App();
        await SignInAsync(app, "alice");
        await app.Request().GetSactSession().SetPendingAsync("bob");
        await app.Request().GetSactSession().StartAsync();

        Assert.Equal(new SessionCounts(1, 1, 1), await Of(app).CountAsync());
    }

    [Fact]
    public async Task EndsOneSessionAndNamesItsActor()
    {
        await using var app = App();
        var key = await SignInAsync(app, "alice");
        var other = await SignInAsync(app, "alice");

        Assert.True(await Of(app).EndAsync(key, Actor));
        Assert.False(await Of(app).EndAsync(key, Actor));

        Assert.Equal(other, Assert.Single((await Of(app).FindAsync(new SessionQuery())).Sessions).Key);
        Assert.Equal([$"{key} alice Administrator 1 by {Actor}"], Audit.Of(app).Ended);
        Assert.Equal([$"60 The administrator {Actor} ended session {key}."], Logged(app));
    }

    /// <summary>The user's device shows why it was signed out.</summary>
    [Fact]
    public async Task LeavesTheReasonForTheUser()
    {
        await using var app = App();
        var request = app.Request();
        await request.GetSactSession().SetAsync("alice");
        string id = ((Session<MemoryStore>)request.GetSactSession()).SessionId!;
        await Of(app).EndAsync(request.GetSactSession().GetKey(), Actor);
        var next = app.Request();
        next.Request.Headers.Cookie = $"__Host-sid={id}";

        Assert.Null(await next.GetSactSession().GetAsync());
        Assert.Equal(SessionEndReason.Administrator, next.GetSactSession().EndReason);
    }

    [Fact]
    public async Task EndsAllSessionsOfAUser()
    {
        await using var app = App();
        await SignInAsync(app, "alice");
        await app.Request().GetSactSession().SetPendingAsync("alice");
        var bobs = await SignInAsync(app, "bob");

        Assert.Equal(2, await Of(app).EndUserAsync("alice", Actor));
        Assert.Equal(0, await Of(app).EndUserAsync("alice", Actor));

        Assert.Equal(bobs, Assert.Single((await Of(app).FindAsync(new SessionQuery())).Sessions).Key);
        Assert.Equal([$" alice Administrator 2 by {Actor}"], Audit.Of(app).Ended);
        Assert.Equal(
            [$"61 The administrator {Actor} ended 2 sessions of one user.", $"61 The administrator {Actor} ended 0 sessions of one user."],
            Logged(app));
    }

    [Fact]
    public async Task EndsASelectionOnAllItsPages()
    {
        await using var app = App();
        for (int i = 0; i < SessionQuery.MaxPageSize + 20; i++)
        {
            await SignInAsync(app, $"user-{i}", address: "203.0.113.7");
        }

        var spared = await SignInAsync(app, "alice", address: "198.51.100.1");

        Assert.Equal(
            SessionQuery.MaxPageSize + 20,
            await Of(app).EndMatchingAsync(new SessionQuery { Address = "203.0.113.7", PageSize = 1 }, Actor));

        Assert.Equal(spared, Assert.Single((await Of(app).FindAsync(new SessionQuery())).Sessions).Key);
        Assert.Equal([$"62 The administrator {Actor} ended 520 sessions that a query found by address."], Logged(app));
    }

    /// <summary>A store that answers slowly gives new sign-ins the time to begin while the selection ends.</summary>
    [Fact]
    public async Task SparesSessionsThatBeganAfterTheCall()
    {
        SessionKey? late = null;
        TestApp? running = null;
        await using var app = running = App(more => more.AddSactSession().UseStore(services => new QueriedStore(
            services.GetRequiredService<TimeProvider>(), async () => late ??= await SignInLaterAsync())));
        await SignInAsync(app, "alice");

        async Task<SessionKey> SignInLaterAsync()
        {
            running!.Clock.Advance(TimeSpan.FromMilliseconds(1));
            return await SignInAsync(running, "alice");
        }

        Assert.Equal(1, await Of(app).EndMatchingAsync(new SessionQuery { State = SessionState.SignedIn }, Actor));

        Assert.NotNull(late);
        Assert.Equal(late, Assert.Single((await Of(app).FindAsync(new SessionQuery())).Sessions).Key);
    }

    [Fact]
    public async Task EndsAllAndSaysSo()
    {
        await using var app = App();
        await SignInAsync(app, "alice");
        await app.Request().GetSactSession().StartAsync();

        Assert.Equal(2, await Of(app).EndAllAsync(Actor));

        Assert.Equal(0, (await Of(app).CountAsync()).Total);
        Assert.Equal([$"  Administrator 2 by {Actor}"], Audit.Of(app).Ended);
        Assert.Equal([$"63 The administrator {Actor} ended all 2 sessions of the registration."], Logged(app));
    }

    [Fact]
    public async Task RefusesASelectionWithoutACondition()
    {
        await using var app = App();
        var key = await SignInAsync(app, "alice");

        await Assert.ThrowsAsync<ArgumentException>(async () => await Of(app).EndMatchingAsync(new SessionQuery { PageSize = 7 }, Actor));

        Assert.Equal(key, Assert.Single((await Of(app).FindAsync(new SessionQuery())).Sessions).Key);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a line\nand another")]
    [InlineData("\u001b[31mred")]
    public async Task RefusesAnActorThatWouldForgeTheLog(string actor)
    {
        await using var app = App();
        var key = await SignInAsync(app, "alice");
        Func<Task>[] acts =
        [
            async () => await Of(app).EndAsync(key, actor),
            async () => await Of(app).EndUserAsync("alice", actor),
            async () => await Of(app).EndMatchingAsync(new SessionQuery { UserId = "alice" }, actor),
            async () => await Of(app).EndAllAsync(actor),
        ];
        foreach (var act in acts)
        {
            await Assert.ThrowsAsync<ArgumentException>(act);
        }

        Assert.Single((await Of(app).FindAsync(new SessionQuery())).Sessions);
        await Assert.ThrowsAsync<ArgumentException>(async () => await Of(app).EndAsync(key, new string('a', 257)));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Of(app).EndAsync(key, "\ud800"));
    }

    [Fact]
    public async Task RefusesTheKeysAndCursorsOfAnotherRegistration()
    {
        await using var app = App(services => services
            .AddSactSession("staff", options => options.Cookie.Name = "__Host-staff")
            .UseMemory(options => options.Prefix = "staff"));
        var key = await SignInAsync(app, "alice");
        await SignInAsync(app, "alice");
        var page = await Of(app).FindAsync(new SessionQuery { PageSize = 1 });
        var staff = app.Services.GetRequiredKeyedService<ISessionAdministration>("staff");

        var refusal = await Assert.ThrowsAsync<ArgumentException>(async () => await staff.EndAsync(key, Actor));
        Assert.Contains("ISessionAdministration of the registration", refusal.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(async () => await staff.GetAsync(key));
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await staff.FindAsync(new SessionQuery { PageSize = 1, After = page.Next }));

        Assert.Equal(2, (await Of(app).CountAsync()).SignedIn);
    }

    [Fact]
    public async Task FindsByUserInAStoreThatCannotQuery()
    {
        await using var app = App(more => more.AddSactSession().UseStore(services => new ProbeStore(
            new MemoryStore(new() { TimeProvider = services.GetRequiredService<TimeProvider>() }))));
        var first = await SignInAsync(app, "alice");
        await SignInAsync(app, "alice");
        await SignInAsync(app, "bob");
        var administration = Of(app);

        Assert.False(administration.CanQuery);
        var page = await administration.FindAsync(new SessionQuery { UserId = "alice", PageSize = 1 });
        var rest = await administration.FindAsync(new SessionQuery { UserId = "alice", PageSize = 1, After = page.Next });
        Assert.Contains(first, page.Sessions.Concat(rest.Sessions).Select(session => session.Key));
        Assert.Null(rest.Next);
        await Assert.ThrowsAsync<NotSupportedException>(async () => await administration.FindAsync(new SessionQuery()));
        await Assert.ThrowsAsync<NotSupportedException>(async () => await administration.CountAsync());
        Assert.Equal(2, await administration.EndMatchingAsync(new SessionQuery { UserId = "alice" }, Actor));
    }

    [Fact]
    public async Task FindsNoNoteAndEndsNone()
    {
        await using var app = App();
        var source = app.Services.GetRequiredService<SessionRegistry>().Sources[0];
        var note = SessionNotes.Named(
            source.Store, UserIdRule.Reserved + "a", SessionFields.Empty, TimeSpan.FromHours(1), app.Clock.GetUtcNow());
        await source.Store.CreateAsync(note);

        Assert.Empty((await Of(app).FindAsync(new SessionQuery())).Sessions);
        Assert.Null(await Of(app).GetAsync(note.Key));
        Assert.False(await Of(app).EndAsync(note.Key, Actor));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Of(app).EndUserAsync(UserIdRule.Reserved + "a", Actor));
        Assert.NotNull(await source.Store.GetAsync(note.Key));
    }

    [Fact]
    public async Task ShowsWhatTheRecordKnowsOfASession()
    {
        await using var app = App();
        var request = app.Request();
        await request.GetSactSession().SetAsync("alice");
        var began = app.Clock.GetUtcNow();
        app.Clock.Advance(TimeSpan.FromMinutes(20));
        await request.GetSactSession().RenewAsync(immediately: true);
        var key = request.GetSactSession().GetKey();

        var details = Assert.IsType<AdministeredSessionDetails>(await Of(app).GetAsync(key));

        Assert.Equal("alice", details.Session!.UserId);
        Assert.Equal(
            [(began, SessionTimelineEvent.Began), (app.Clock.GetUtcNow(), SessionTimelineEvent.Renewed)],
            details.Timeline.Where(entry => entry.What != SessionTimelineEvent.LastSeen).Select(entry => (entry.Time, entry.What)));
        await Of(app).EndAsync(key, Actor);
        var ended = Assert.IsType<AdministeredSessionDetails>(await Of(app).GetAsync(key));
        Assert.Null(ended.Session);
        Assert.Equal((SessionEndReason.Administrator, app.Clock.GetUtcNow()), (ended.EndReason, ended.EndedAt));
        Assert.Null(await Of(app).GetAsync(SessionKey.Parse($"{key.Prefix}:AAAAAAAAAAAAAAAAAAAAAAAA")));
    }

    [Fact]
    public async Task AFailingStoreIsAFaultAndNoEmptyPage()
    {
        await using var app = App(more => more.AddSactSession().UseStore(services => new QueriedStore(
            services.GetRequiredService<TimeProvider>(), () => throw new InvalidOperationException("the disk is gone"))));

        await Assert.ThrowsAsync<SessionStoreException>(async () => await Of(app).FindAsync(new SessionQuery()));
        await Assert.ThrowsAsync<SessionStoreException>(
            async () => await Of(app).EndMatchingAsync(new SessionQuery { State = SessionState.Pending }, Actor));
    }

    [Fact]
    public async Task EndsWhatMatchesAndFailsBecauseOfRecordsThatItCannotRead()
    {
        await using var app = App(more => more.AddSactSession().UseStore(
            services => new QueriedStore(services.GetRequiredService<TimeProvider>(), static () => Task.CompletedTask) { Unread = 2 }));
        await SignInAsync(app, "alice");

        var fault = await Assert.ThrowsAsync<SessionStoreException>(
            async () => await Of(app).EndMatchingAsync(new SessionQuery { State = SessionState.SignedIn }, Actor));

        Assert.StartsWith("Sessions that were left out: 2. ", fault.Message, StringComparison.Ordinal);
        Assert.Empty((await Of(app).FindAsync(new SessionQuery { UserId = "alice" })).Sessions);
        Assert.Equal([Unfinished(1)], Logged(app));
    }

    /// <summary>Whoever reads the log after an outage must see who may have ended sessions, although no answer came.</summary>
    [Fact]
    public async Task NamesTheActorOfAnActThatTheStoreDidNotFinish()
    {
        await using var app = ProbedApp(out var store);
        var key = await SignInAsync(app, "alice");
        store.Before = static (verb, _) => verb.StartsWith("delete", StringComparison.Ordinal)
            ? throw new InvalidOperationException("the disk is gone")
            : default;
        Func<Task>[] acts =
        [
            async () => await Of(app).EndAsync(key, Actor),
            async () => await Of(app).EndUserAsync("alice", Actor),
            async () => await Of(app).EndMatchingAsync(new SessionQuery { UserId = "alice" }, Actor),
            async () => await Of(app).EndAllAsync(Actor),
        ];
        foreach (var act in acts)
        {
            await Assert.ThrowsAsync<SessionStoreException>(act);
        }

        Assert.Equal(Enumerable.Repeat(Unfinished(0), acts.Length), Logged(app));
    }

    [Fact]
    public async Task CountsWhatHadEndedWhenTheStoreFailed()
    {
        await using var app = ProbedApp(out var store);
        await SignInAsync(app, "alice");
        await SignInAsync(app, "alice");
        await SignInAsync(app, "alice");
        int calls = 0;
        store.Before = (verb, _) => verb == "delete" && ++calls == 2 ? throw new InvalidOperationException("the disk is gone") : default;

        await Assert.ThrowsAsync<SessionStoreException>(
            async () => await Of(app).EndMatchingAsync(new SessionQuery { UserId = "alice" }, Actor));

        Assert.Equal([Unfinished(2)], Logged(app));
        Assert.Single((await Of(app).FindAsync(new SessionQuery { UserId = "alice" })).Sessions);
    }

    [Fact]
    public async Task NamesTheActorOfAnActThatWasCancelled()
    {
        await using var app = ProbedApp(out var store);
        await SignInAsync(app, "alice");
        using var cancelling = new CancellationTokenSource();
        store.Before = (verb, _) => verb == "list" ? new(cancelling.CancelAsync()) : default;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Of(app).EndMatchingAsync(new SessionQuery { UserId = "alice" }, Actor, cancelling.Token));

        Assert.Equal([Unfinished(0)], Logged(app));
    }

    private static string Unfinished(int ended) =>
        $"64 The administrator {Actor} did not finish ending sessions. {ended} have certainly ended, and others may have.";

    private static TestApp ProbedApp(out ProbeStore store)
    {
        var app = App(more => more.AddSactSession().UseStore(services => new ProbeStore(
            new MemoryStore(new() { TimeProvider = services.GetRequiredService<TimeProvider>() }))));
        store = (ProbeStore)app.Services.GetRequiredService<SessionRegistry>().Sources[0].Store;
        return app;
    }

    private static TestApp App(Action<IServiceCollection>? more = null) => new(services =>
    {
        services.AddLogging(logging => logging.AddProvider(new Messages()));
        services.AddSactSession(options => options.CaptureClient = true).AddObserver<Audit>();
        more?.Invoke(services);
    });

    private static ISessionAdministration Of(TestApp app) => app.Services.GetRequiredService<ISessionAdministration>();

    private static IEnumerable<string> Logged(TestApp app) =>
        app.Services.GetServices<ILoggerProvider>().OfType<Messages>().Single().Of(60, 69);

    private static async Task<SessionKey> SignInAsync(TestApp app, string user, string? agent = null, string? address = null)
    {
        var request = app.Request();
        request.Request.Headers.UserAgent = agent;
        request.Connection.RemoteIpAddress = address is null ? null : System.Net.IPAddress.Parse(address);
        await request.GetSactSession().SetAsync(user);
        return request.GetSactSession().GetKey();
    }

    /// <summary>Keeps what it is notified of.</summary>
    private sealed class Audit : ISessionObserver
    {
        private readonly ConcurrentQueue<string> _ended = new();

        public IReadOnlyList<string> Ended => [.. _ended];

        public static Audit Of(TestApp app) => (Audit)app.Services.GetRequiredKeyedService<ISessionObserver>("");

        public ValueTask OnEndedAsync(SessionEvent ended)
        {
            _ended.Enqueue($"{ended.Key} {ended.UserId} {ended.Reason} {ended.Count} by {ended.Actor}");
            return default;
        }
    }

    /// <summary>A store in memory that does something before it answers a query.</summary>
    private sealed class QueriedStore : DelegatingStore, ISessionQueryStore
    {
        private readonly MemoryStore _inner;
        private readonly Func<Task> _before;

        public QueriedStore(TimeProvider clock, Func<Task> before)
            : this(new MemoryStore(new MemoryStoreOptions { TimeProvider = clock }), before)
        {
        }

        private QueriedStore(MemoryStore inner, Func<Task> before)
            : base(inner, inner)
        {
            _inner = inner;
            _before = before;
        }

        /// <summary>How many records of each page only a newer version can read.</summary>
        public int Unread { get; init; }

        public async ValueTask<SessionPage> QueryAsync(SessionQuery query, CancellationToken cancellationToken = default)
        {
            await _before();
            return await _inner.QueryAsync(query, cancellationToken) with { Skipped = Unread };
        }

        public ValueTask<SessionCounts> CountByStateAsync(CancellationToken cancellationToken = default) =>
            _inner.CountByStateAsync(cancellationToken);
    }

    /// <summary>Keeps the messages of the log.</summary>
    private sealed class Messages : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<(int Id, string Message)> _all = new();

        public IEnumerable<string> Of(int from, int to) =>
            _all.Where(entry => entry.Id >= from && entry.Id <= to).Select(entry => $"{entry.Id} {entry.Message}");

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _all.Enqueue((eventId.Id, formatter(state, exception)));

        public void Dispose()
        {
        }
    }
}
