using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>The source <c>Sact.Session</c>: one span for each call of the store.</summary>
public sealed class SpansOfStoreCalls : IDisposable
{
    private const string Canary = "canary-91bd";

    private readonly SessionHost _host = new();
    private readonly RecordedSpans _spans = new();

    public void Dispose()
    {
        _spans.Dispose();
        ((IDisposable)_host).Dispose();
    }

    [Fact]
    public async Task AreOneForEachCall()
    {
        string id = await _host.SignInAsync();
        await _host.WhoAsync(id);
        await _host.Request(id).Session.UpdateAsync(new() { ["a"] = 1 });
        await _host.Request(id).Session.GetActiveSessionsAsync();
        await _host.Request(id).Session.DeleteOtherSessionsAsync();
        await _host.Request(id).Session.DeleteAsync();

        string[] names = [.. _spans.All.Select(span => span.DisplayName)];
        string[] expected = [.. _host.Store.Calls.Select(verb => (verb == "get" ? "read" : verb) + " session")];
        Assert.Equal(expected, names);
        Assert.Equal(
            ["create session", "delete session", "delete_user session", "list session", "read session", "update session"],
            names.Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task AreAlsoThoseOfAdministrators()
    {
        await using var app = new TestApp(static services => services.AddSactSession().UseMemory());
        var administration = app.Services.GetRequiredService<ISessionAdministration>();

        await administration.FindAsync(new SessionQuery());
        await administration.CountAsync();
        await administration.EndAllAsync("operator");

        Assert.Equal(["query", "count", "clear"], _spans.All.Select(span => RecordedSpans.TagsOf(span)["db.operation.name"]));
    }

    [Fact]
    public async Task HaveTheAttributesOfTheConventions()
    {
        await _host.SignInAsync();

        var span = Assert.Single(_spans.All);
        Assert.Equal(ActivityKind.Client, span.Kind);
        Assert.Equal(ActivityStatusCode.Unset, span.Status);
        Assert.Equal(_spans.Root.SpanId, span.ParentSpanId);
        Assert.Equal(
            new Dictionary<string, object?>
            {
                ["db.system.name"] = "other",
                ["db.operation.name"] = "create",
                ["sact.session.outcome"] = "ok",
            },
            RecordedSpans.TagsOf(span));
    }

    [Fact]
    public async Task NameTheDatabaseTheTableAndTheServer()
    {
        var store = new Described(new StoreDescription("postgresql")
        {
            Collection = "sact_session",
            ServerAddress = "db.example",
            ServerPort = 5432,
        });
        var exchange = _host.Request();

        await new Session<Described>(exchange.Context.Request, exchange.Context.Response, store, _host.Options).SetAsync("alice");

        var span = Assert.Single(_spans.All);
        Assert.Equal("create sact_session", span.DisplayName);
        var tags = RecordedSpans.TagsOf(span);
        Assert.Equal("postgresql", tags["db.system.name"]);
        Assert.Equal("sact_session", tags["db.collection.name"]);
        Assert.Equal("db.example", tags["server.address"]);
        Assert.Equal(5432, tags["server.port"]);
    }

    [Fact]
    public async Task AreInternalOverTheMemoryStore()
    {
        var exchange = _host.Request();

        await new Session<MemoryStore>(exchange.Context.Request, exchange.Context.Response, _host.Memory, _host.Options).SetAsync("alice");

        var span = Assert.Single(_spans.All);
        Assert.Equal(ActivityKind.Internal, span.Kind);
        Assert.Equal("memory", RecordedSpans.TagsOf(span)["db.system.name"]);
    }

    [Fact]
    public async Task OfAStoreWhoseDescriptionThrowsAreThoseOfAnother()
    {
        var exchange = _host.Request();

        await new Session<Described>(exchange.Context.Request, exchange.Context.Response, new Described(null), _host.Options).SetAsync("b");

        Assert.Equal("other", RecordedSpans.TagsOf(Assert.Single(_spans.All))["db.system.name"]);
    }

    [Fact]
    public async Task OfAFaultHaveItsTypeAndNotItsMessage()
    {
        string id = await _host.SignInAsync();
        _host.Store.Before = (_, _) => throw new InvalidDataException(Canary);

        await Assert.ThrowsAsync<SessionStoreException>(() => _host.WhoAsync(id));

        var span = _spans.All[^1];
        Assert.Equal(ActivityStatusCode.Error, span.Status);
        Assert.Null(span.StatusDescription);
        Assert.Equal("System.IO.InvalidDataException", RecordedSpans.TagsOf(span)["error.type"]);
        Assert.Equal("fault", RecordedSpans.TagsOf(span)["sact.session.outcome"]);
        Assert.Empty(span.Events);
    }

    [Fact]
    public async Task OfATimeOutSaySo()
    {
        string id = await _host.SignInAsync();
        var gate = new Gate();
        _host.Store.Before = (_, _) => gate.PassAsync();
        var reading = _host.WhoAsync(id);
        await gate.Reached;

        _host.Clock.Advance(_host.Options.StoreTimeout);
        await Assert.ThrowsAsync<SessionStoreException>(() => reading);
        gate.Open();

        var span = _spans.All[^1];
        Assert.Equal(ActivityStatusCode.Error, span.Status);
        Assert.Equal("timeout", RecordedSpans.TagsOf(span)["error.type"]);
        Assert.Equal("timeout", RecordedSpans.TagsOf(span)["sact.session.outcome"]);
    }

    [Fact]
    public async Task OfACallThatItsCallerCancelsAreNoFault()
    {
        string id = await _host.SignInAsync();
        var gate = new Gate();
        _host.Store.Before = (_, _) => gate.PassAsync();
        using var cancellation = new CancellationTokenSource();
        var reading = _host.Request(id).Session.GetAsync(cancellationToken: cancellation.Token).AsTask();
        await gate.Reached;

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        gate.Open();

        var span = _spans.All[^1];
        Assert.Equal(ActivityStatusCode.Unset, span.Status);
        Assert.Equal("cancelled", RecordedSpans.TagsOf(span)["sact.session.outcome"]);
    }

    [Fact]
    [Trait("abuse", "K19")]
    public async Task HoldNoKeyNoUserAndNoSecret()
    {
        string id = await _host.SignInAsync(Canary, new() { ["field"] = "value-" + Canary });
        await _host.Request(id).Session.UpdateAsync(new() { ["field"] = 1 });
        await _host.Request(id).Session.DeleteAllSessionsAsync();

        Assert.True(_spans.All.Count >= 3);
        Assert.All(_spans.All, span =>
        {
            var tags = RecordedSpans.TagsOf(span).Select(tag => $"{tag.Key}={tag.Value}");
            string all = span.DisplayName + string.Join(' ', tags.Concat(span.Baggage.Select(pair => pair.ToString())));
            Assert.DoesNotContain(Canary, all, StringComparison.Ordinal);
            Assert.DoesNotContain(id[..24], all, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("sample")]
    [InlineData("start")]
    [InlineData("stop")]
    [Trait("abuse", "J6")]
    public async Task WhoseListenerThrowsStopNobody(string where)
    {
        int thrown = 0;
        void Fail()
        {
            thrown++;
            throw new InvalidOperationException("The listener is down.");
        }

        _spans.OnSample = where == "sample" ? Fail : null;
        _spans.OnStarted = where == "start" ? _ => Fail() : null;
        _spans.OnStopped = where == "stop" ? _ => Fail() : null;

        string id = await _host.SignInAsync();
        Assert.Equal("alice", await _host.WhoAsync(id));
        await _host.Request(id).Session.DeleteAsync();

        Assert.Null(await _host.WhoAsync(id));
        Assert.True(thrown >= 4);
        Assert.Same(_spans.Root, Activity.Current);
    }

    [Fact]
    public async Task LeaveTheCurrentSpanOfTheCallerAlone()
    {
        string id = await _host.SignInAsync();
        _host.Store.Before = (_, _) => throw new InvalidOperationException("down");

        await Assert.ThrowsAsync<SessionStoreException>(() => _host.WhoAsync(id));

        Assert.Same(_spans.Root, Activity.Current);
    }

    private sealed class Described(StoreDescription? description) : ApplicationStore(new GenericStoreOptions()), IDescribedStore
    {
        public StoreDescription Description => description ?? throw new InvalidOperationException("not described");
    }
}
