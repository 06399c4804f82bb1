using Microsoft.EntityFrameworkCore;

namespace Sact.Session.Benchmarks;

/// <summary>A context with sessions alone.</summary>
internal sealed class BenchmarkContext(DbContextOptions<BenchmarkContext> options) : DbContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.AddSactSessions();
}
