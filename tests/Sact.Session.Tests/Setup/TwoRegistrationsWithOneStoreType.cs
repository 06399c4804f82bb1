using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Sact.Session.Tests;

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
