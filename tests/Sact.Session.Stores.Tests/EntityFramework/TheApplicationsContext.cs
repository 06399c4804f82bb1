using System.Transactions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using static Sact.Session.Stores.Tests.PostgreSqlStores;

namespace Sact.Session.Stores.Tests.EntityFramework;

/// <summary>A context with what applications have: query filters, an audit in SaveChanges, and changes that are not saved yet.</summary>
internal sealed class AuditedContext(DbContextOptions<AuditedContext> options) : DbContext(options)
{
    public static int Saves;

    public DbSet<Note> Notes => Set<Note>();

    public override Task<int> SaveChangesAsync(bool acceptAllChangesOnSuccess, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref Saves);
        return base.SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken);
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.AddSactSessions("Logins", "security");
        modelBuilder.Entity<SessionRow>().HasQueryFilter(row => row.Prefix == "nobody");
        modelBuilder.Entity<SessionRow>().Property(row => row.KeyPart).HasColumnName("key part");
    }
}

internal sealed class Note
{
    public int Id { get; set; }

    public string Text { get; set; } = "";
}

/// <summary>The store and the application work on one database, and neither has a part in the other's work.</summary>
[Trait("abuse", "K6")]
public sealed class EntityFrameworkBesideTheApplication(SharedPostgres shared)
{
    public enum Registration
    {
        Scoped,
        Pooled,
        Factory,
        PooledFactory,
        ScopedFactory,
    }

    public static TheoryData<Registration> Registrations => [.. Enum.GetValues<Registration>()];

    [Theory]
    [MemberData(nameof(Registrations))]
    public async Task RollbackOfAScopeUndoesTheApplicationsWorkAndNoneOfTheSessions(Registration registration)
    {
        await using var bed = await OpenAsync(registration);
        var (kept, ended) = (NewSession(bed.Store), NewSession(bed.Store));
        await bed.Store.CreateAsync(ended);
        using (new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
        {
            await bed.WriteNoteAsync();
            await bed.Store.CreateAsync(kept, new SessionCap(5));
            Assert.Equal(SessionUpdateStatus.Applied, (await bed.Store.UpdateAsync(kept, Set("a", "1"))).Status);
            Assert.True(await bed.Store.DeleteAsync(ended));
            await bed.WriteNoteAsync();
        }

        Assert.True((await bed.Store.GetAsync(kept.Key))!.Fields.SameAs(Set("a", "1").Set));
        Assert.Null(await bed.Store.GetAsync(ended.Key));
        Assert.Equal(0, await bed.NotesAsync());
    }

    [Theory]
    [MemberData(nameof(Registrations))]
    public async Task CommitOfAScopeCommitsTheApplicationsWork(Registration registration)
    {
        await using var bed = await OpenAsync(registration);
        using (var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
        {
            await bed.WriteNoteAsync();
            await bed.Store.CreateAsync(NewSession(bed.Store));
            await bed.WriteNoteAsync();
            scope.Complete();
        }

        Assert.Equal(2, await bed.NotesAsync());
    }

    /// <summary>With <c>using var</c> a method leaves its scope only at its end.</summary>
    [Theory]
    [MemberData(nameof(Registrations))]
    public async Task AScopeThatIsCompleteAlreadyIsNoObstacle(Registration registration)
    {
        await using var bed = await OpenAsync(registration);
        var session = NewSession(bed.Store);
        using (var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
        {
            await bed.WriteNoteAsync();
            scope.Complete();
            await bed.Store.CreateAsync(session);
            Assert.NotNull(await bed.Store.GetAsync(session.Key));
        }

        Assert.NotNull(await bed.Store.GetAsync(session.Key));
        Assert.Equal(1, await bed.NotesAsync());
    }

    /// <summary>A session is durable at once, and what the request has not saved stays unsaved.</summary>
    [Theory]
    [MemberData(nameof(Registrations))]
    public async Task ARequestsContextIsNeitherUsedNorSaved(Registration registration)
    {
        await using var bed = await OpenAsync(registration);
        await using var request = bed.Services.CreateAsyncScope();
        var mine = ContextOf(request.ServiceProvider);
        mine.Notes.Add(new Note { Text = "not saved" });
        await using var transaction = await mine.Database.BeginTransactionAsync(TestContext.Current.CancellationToken);
        int saves = AuditedContext.Saves;
        var session = NewSession(bed.Store);

        await bed.Store.CreateAsync(session, new SessionCap(3));
        await bed.Store.UpdateAsync(session, Set("a", "1"));
        await transaction.RollbackAsync(TestContext.Current.CancellationToken);

        Assert.NotNull(await bed.Store.GetAsync(session.Key));
        Assert.Equal(EntityState.Added, Assert.Single(mine.ChangeTracker.Entries()).State);
        Assert.Equal((saves, 0), (AuditedContext.Saves, await bed.NotesAsync()));
    }

    private static AuditedContext ContextOf(IServiceProvider services) =>
        services.GetService<IDbContextFactory<AuditedContext>>()?.CreateDbContext() ?? services.GetRequiredService<AuditedContext>();

    private async Task<Bed> OpenAsync(Registration registration)
    {
        string connection = (await shared.GetAsync()).ConnectionString
            .Replace("Database=postgres", $"Database=ef_{Guid.NewGuid():N}", StringComparison.Ordinal) + ";Maximum Pool Size=5";
        var services = new ServiceCollection();
        void Options(DbContextOptionsBuilder options) => options.UseNpgsql(connection);
        _ = registration switch
        {
            Registration.Scoped => services.AddDbContext<AuditedContext>(Options),
            Registration.Pooled => services.AddDbContextPool<AuditedContext>(Options),
            Registration.Factory => services.AddDbContextFactory<AuditedContext>(Options),
            Registration.PooledFactory => services.AddPooledDbContextFactory<AuditedContext>(Options),
            _ => services.AddDbContextFactory<AuditedContext>(Options, ServiceLifetime.Scoped),
        };
        var provider = services.BuildServiceProvider(validateScopes: true);
        await using (var scope = provider.CreateAsyncScope())
        {
            await ContextOf(scope.ServiceProvider).Database.EnsureCreatedAsync();
        }

        return new Bed(provider, new EntityFrameworkStore<AuditedContext>(
            provider, new EntityFrameworkStoreOptions { Prefix = NewPrefix() }));
    }

    private sealed record Bed(ServiceProvider Services, EntityFrameworkStore<AuditedContext> Store) : IAsyncDisposable
    {
        public async Task WriteNoteAsync()
        {
            await using var scope = Services.CreateAsyncScope();
            await using var context = ContextOf(scope.ServiceProvider);
            context.Notes.Add(new Note { Text = "saved" });
            await context.SaveChangesAsync();
        }

        public async Task<int> NotesAsync()
        {
            await using var scope = Services.CreateAsyncScope();
            await using var context = ContextOf(scope.ServiceProvider);
            return await context.Notes.CountAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await using (var scope = Services.CreateAsyncScope())
            {
                await ContextOf(scope.ServiceProvider).Database.EnsureDeletedAsync();
            }

            await Services.DisposeAsync();
        }
    }
}
