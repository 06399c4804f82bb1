using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using static Sact.Session.Stores.Tests.PostgreSqlStores;

namespace Sact.Session.Stores.Tests;

public sealed class PostgreSqlInAnApplication(SharedPostgres shared)
{
    [Fact]
    public async Task IsChosenByOneLine()
    {
        var server = await shared.GetAsync();
        await using var source = NpgsqlDataSource.Create(server.ConnectionString);
        Action<IServiceCollection>[] lines =
        [
            services => services.AddSactSession().UsePostgreSql(server.ConnectionString, options => options.Prefix = NewPrefix()),
            services => services.AddSactSession().UsePostgreSql(source, options => options.Prefix = NewPrefix()),
            services => services.AddSactSession().UsePostgreSql(options => (options.DataSource, options.Prefix) = (source, NewPrefix())),
        ];
        foreach (var line in lines)
        {
            var services = new ServiceCollection();
            services.AddLogging();
            line(services);
            await using var provider = services.BuildServiceProvider();
            var application = new ApplicationBuilder(provider);
            application.UseSactSession();
            long stored = 0;
            application.Run(async context =>
            {
                var session = context.GetSactSession<PostgreSqlStore>();
                await session.SetAsync("alice");
                stored = await session.Store.CountActiveSessionsAsync();
            });
            var context = new DefaultHttpContext { RequestServices = provider };
            context.Request.Scheme = "https";

            await application.Build()(context);

            Assert.Equal(1, stored);
        }
    }

    [Fact]
    [Trait("abuse", "C3")]
    public async Task LeavesNoPartOfTheSecretInTheTable()
    {
        var server = await shared.GetAsync();
        await using var store = Open(server.ConnectionString);
        var context = new DefaultHttpContext();
        context.Request.Scheme = "https";
        var session = new Session<PostgreSqlStore>(context.Request, context.Response, store, new SactSessionOptions());
        await session.SetAsync("alice");
        string id = session.SessionId!;

        string dump = (string)(await server.ScalarAsync(
            "SELECT string_agg(s::text || encode(lineage_hash, 'escape') || encode(record, 'escape'), ' ') FROM sact_sessions s "
            + "WHERE prefix = @prefix",
            ("prefix", store.Prefix)))!;

        Assert.Contains(id[..24], dump, StringComparison.Ordinal);
        Assert.DoesNotContain(id[24..32], dump, StringComparison.Ordinal);
        Assert.DoesNotContain(id[32..], dump, StringComparison.Ordinal);
    }
}
