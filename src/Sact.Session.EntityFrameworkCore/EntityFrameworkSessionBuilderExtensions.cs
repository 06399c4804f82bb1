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
        where TContext : DbContext =>
        builder.UseEntityFrameworkStore<TContext>((_, options) => configure?.Invoke(options));

    /// <summary>Keeps sessions in the database of a context, with options that need services of the application.</summary>
    /// <typeparam name="TContext">The context of the application.</typeparam>
    /// <param name="builder">The result of <c>AddSactSession()</c>.</param>
    /// <param name="configure">Sets the options. It can resolve singletons.</param>
    /// <returns>The builder, for further calls.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="configure"/> is null.</exception>
    public static SactSessionBuilder UseEntityFrameworkStore<TContext>(
        this SactSessionBuilder builder, Action<IServiceProvider, EntityFrameworkStoreOptions> configure)
        where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.TryAddSingleton<EntityFrameworkStartup>();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, EntityFrameworkStartup>(
            static services => services.GetRequiredService<EntityFrameworkStartup>()));
        return builder.UseStore(services =>
        {
            var options = builder.CreateOptions(services, configure);
            var store = new EntityFrameworkStore<TContext>(services, options);
            services.GetRequiredService<EntityFrameworkStartup>().Add(store);
            return store;
        });
    }
}
