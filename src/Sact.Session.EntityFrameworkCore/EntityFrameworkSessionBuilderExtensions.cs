using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Sact.Session;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Chooses the database of a context of Entity Framework Core as the store.</summary>
public static class EntityFrameworkSessionBuilderExtensions
{
    /// <summary>
    /// Keeps sessions in the database of a context. The context is registered as usual (<c>AddDbContext</c>, <c>AddDbContextPool</c>,
    /// <c>AddDbContextFactory</c>), and its <c>OnModelCreating</c> calls <c>modelBuilder.AddSactSessions()</c>.
    /// </summary>
    /// <typeparam name="TContext">The context of the application.</typeparam>
    /// <param name="builder">The result of <c>AddSactSession()</c>.</param>
    /// <param name="configure">Sets further options.</param>
    /// <returns>The builder, for further calls.</returns>
    /// <example><code>builder.Services.AddSactSession().UseEntityFrameworkStore&lt;AppDbContext&gt;();</code></example>
    public static SactSessionBuilder UseEntityFrameworkStore<TContext>(
        this SactSessionBuilder builder, Action<EntityFrameworkStoreOptions>? configure = null)
        where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddSingleton<EntityFrameworkStartup>();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, EntityFrameworkStartup>(
            static services => services.GetRequiredService<EntityFrameworkStartup>()));
        return builder.UseStore(services =>
        {
            var options = builder.Fill(services, new EntityFrameworkStoreOptions());
            configure?.Invoke(options);
            var store = new EntityFrameworkStore<TContext>(services, options);
            services.GetRequiredService<EntityFrameworkStartup>().Add(store);
            return store;
        });
    }
}
