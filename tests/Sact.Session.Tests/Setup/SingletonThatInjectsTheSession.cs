using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Sact.Session.Tests;

public sealed class SingletonThatInjectsTheSession
{
    /// <summary>
    /// In production, where scopes are not validated, a singleton would keep the first user's session and serve it to everybody.
    /// </summary>
    [Fact]
    public async Task IsRefusedAndTheMessageSaysWhatToUse()
    {
        await using var site = await Site.StartAsync(
            app => app.MapGet("/", (Keeper keeper) => keeper.Session.GetKey().ToString()),
            build: builder => builder.Services.AddSingleton<Keeper>());

        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => site.SendAsync("/"));

        Assert.Contains("singleton", fault.Message, StringComparison.Ordinal);
        Assert.Contains("GetSactSession", fault.Message, StringComparison.Ordinal);
    }

    private sealed class Keeper(ISession<IGenericStore> session)
    {
        public ISession<IGenericStore> Session => session;
    }
}

public sealed class TwoRegistrationsWithOneStoreType
{
    [Fact]
    [Trait("abuse", "C10")]
    public async Task HaveDifferentPrefixes()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSactSession<StoreWithOnlyAPrefix>();
        services.AddSactSession<StoreWithOnlyAPrefix>("Admin", o => o.Cookie.Name = "__Host-admin");
        await using var provider = services.BuildServiceProvider();

        Assert.Equal("session", ((GenericStore)provider.GetRequiredService<IGenericStore>()).Prefix);
        Assert.Equal("session.admin", ((GenericStore)provider.GetRequiredKeyedService<IGenericStore>("Admin")).Prefix);
    }

    [Fact]
    [Trait("abuse", "C10")]
    public async Task WithTheSamePrefixAreRefusedAtStartUp()
    {
        using var host = new HostBuilder().ConfigureServices(services =>
        {
            services.AddLogging();
            services.AddSactSession().UseStore(_ => new StoreWithOnlyAPrefix(new GenericStoreOptions { Prefix = "one" }));
            services.AddSactSession("admin", o => o.Cookie.Name = "__Host-admin")
                .UseStore(_ => new StoreWithOnlyAPrefix(new GenericStoreOptions { Prefix = "one" }));
        }).Build();

        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync(TestContext.Current.CancellationToken));

        Assert.Contains("GenericStoreOptions.Prefix", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>A store of which the test reads only the prefix.</summary>
    public sealed class StoreWithOnlyAPrefix(GenericStoreOptions options) : GenericStore(options)
    {
        public override ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public override ValueTask<SessionCreation> CreateAsync(
            SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public override ValueTask<SessionUpdate> UpdateAsync(
            SessionRecord session, SessionChange change, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public override ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public override IAsyncEnumerable<SessionRecord> GetActiveSessionsAsync(
            string userId, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public override ValueTask<long> DeleteActiveSessionsAsync(
            string userId, SessionKey? except = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public override ValueTask<long> ClearAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public override ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();
    }
}

public sealed class OptionsChangedAfterTheFirstUse
{
    [Fact]
    [Trait("abuse", "B3")]
    public async Task DoNotWeakenTheCookie()
    {
        var host = new SessionHost();
        await host.SignInAsync();
        host.Options.Cookie.SecurePolicy = CookieSecurePolicy.None;
        host.Options.Cookie.HttpOnly = false;
        host.Options.Cookie.Domain = "example.test";

        var exchange = host.Request();
        await exchange.Session.SetAsync("alice");

        Assert.EndsWith("; path=/; secure; samesite=lax; httponly", Assert.Single(exchange.SetCookies), StringComparison.Ordinal);
    }
}

public sealed class RecordWithImpossibleTimes
{
    [Fact]
    [Trait("abuse", "H2")]
    public void IsInvalidAndIsNotCreated()
    {
        var store = new MemoryStore();
        var now = DateTimeOffset.UnixEpoch.AddYears(60);
        string id = store.CreateSessionId("alice");
        SessionRecord Made(DateTimeOffset created, DateTimeOffset seen) => new()
        {
            Key = store.GetSessionKey(id),
            UserId = "alice",
            State = SessionState.SignedIn,
            LineageHash = SessionIdFormat.HashOf(id),
            CurrentHash = SessionIdFormat.HashOf(id),
            CreatedAt = created,
            LastSeenAt = seen,
            Lifetimes = new SessionLifetimes(TimeSpan.FromDays(1), TimeSpan.FromDays(1), TimeSpan.FromDays(1)),
        };

        Assert.Null(SessionRecord.Validate(Made(now, now)));
        Assert.NotNull(SessionRecord.Validate(Made(DateTimeOffset.MaxValue, now)));
        Assert.NotNull(SessionRecord.Validate(Made(now, DateTimeOffset.MaxValue)));
        Assert.NotNull(SessionRecord.Validate(Made(DateTimeOffset.MinValue, now)));
        Assert.Throws<ArgumentException>(() => { _ = store.CreateAsync(Made(DateTimeOffset.MaxValue, now)).AsTask(); });
        Assert.Throws<OverflowException>(() =>
            new SessionRecord
            {
                Key = default,
                State = (SessionState)258,
                LineageHash = default,
                CurrentHash = default,
                CreatedAt = now,
                LastSeenAt = now,
                Lifetimes = Made(now, now).Lifetimes,
            });
    }
}
