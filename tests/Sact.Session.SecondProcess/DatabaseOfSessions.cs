using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.SecondProcess;

/// <summary>A context as an application has one: with a table of its own beside the sessions.</summary>
internal sealed class ShopContext(DbContextOptions<ShopContext> options) : DbContext(options)
{
    public DbSet<Order> Orders => Set<Order>();

    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.AddSactSessions();
}

internal sealed class Order
{
    public int Id { get; set; }

    public string Text { get; set; } = "";
}

/// <summary>A database and the stores over its context.</summary>
internal sealed class DatabaseOfSessions(string kind, string connection, Action<DbContextOptionsBuilder>? configure = null) : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection()
        .AddPooledDbContextFactory<ShopContext>(options =>
        {
            _ = kind == "ef-sqlite" ? options.UseSqlite(connection) : options.UseNpgsql(connection);
            configure?.Invoke(options);
        })
        .BuildServiceProvider(validateScopes: true);

    public IServiceProvider Services => _services;

    public EntityFrameworkStore<ShopContext> Open(EntityFrameworkStoreOptions options) => new(_services, options);

    public ShopContext CreateContext() => _services.GetRequiredService<IDbContextFactory<ShopContext>>().CreateDbContext();

    public void Dispose() => _services.Dispose();
}
