using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session;

/// <summary>Where the store gets a context for each call: never the one of a request, which tracks the application's changes.</summary>
internal interface IContextSource
{
    /// <summary>The name of the context's type, for messages.</summary>
    string Name { get; }

    /// <summary>Creates a context, which the caller disposes of.</summary>
    ValueTask<OwnContext> OpenAsync(CancellationToken cancellationToken);
}

/// <summary>
/// Contexts from the application's factory, or else of a scope that no request has. Both know pools, and both give the context the options
/// of the application.
/// </summary>
internal sealed class ContextSource<TContext>(IServiceProvider services) : IContextSource
    where TContext : DbContext
{
    private readonly IServiceScopeFactory _scopes = services.GetRequiredService<IServiceScopeFactory>();

    public string Name => typeof(TContext).Name;

    public async ValueTask<OwnContext> OpenAsync(CancellationToken cancellationToken)
    {
        // A factory may be scoped, and a context that it creates may use services of its scope.
        var scope = _scopes.CreateAsyncScope();
        try
        {
            return scope.ServiceProvider.GetService<IDbContextFactory<TContext>>() is { } factory
                ? new OwnContext(scope, await factory.CreateDbContextAsync(cancellationToken).ConfigureAwait(false), isCreated: true)
                : new OwnContext(scope, Resolve(scope.ServiceProvider), isCreated: false);
        }
        catch
        {
            await scope.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private TContext Resolve(IServiceProvider services) => services.GetService<TContext>() ?? throw new SessionStoreException(
        $"The context {Name} is not registered, and sessions are to be kept in it. "
        + $"Call builder.Services.AddDbContext<{Name}>(…) or AddDbContextFactory<{Name}>(…).");
}

/// <summary>A context for one call.</summary>
internal sealed class OwnContext(AsyncServiceScope scope, DbContext context, bool isCreated) : IAsyncDisposable
{
    public DbContext Context => context;

    public async ValueTask DisposeAsync()
    {
        if (isCreated)
        {
            await context.DisposeAsync().ConfigureAwait(false);
        }

        await scope.DisposeAsync().ConfigureAwait(false);
    }
}
