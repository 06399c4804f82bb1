using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Sact.Session;

namespace Microsoft.EntityFrameworkCore;

/// <summary>Adds the tables of the sessions to the model of a context.</summary>
public static class SactSessionModelBuilderExtensions
{
    /// <summary>The longest prefix, in bytes.</summary>
    private const int MaxPrefix = 64;

    /// <summary>24 characters, each a byte.</summary>
    private const int KeyPartLength = 24;

    /// <summary>The longest user id, in bytes.</summary>
    private const int MaxUserId = 256;

    /// <summary>
    /// Adds <see cref="SessionRow"/> and <see cref="SessionLockRow"/> to the model. Call it in <c>OnModelCreating</c>, then add a
    /// migration.
    /// </summary>
    /// <remarks>
    /// Keys and user ids are binary columns, compared byte by byte: a collation that ignores case, accents or trailing spaces would make
    /// two users one. The longest index key has 408 bytes, below the 900 bytes of SQL Server.
    /// </remarks>
    /// <param name="modelBuilder">The builder that <c>OnModelCreating</c> receives.</param>
    /// <param name="table">
    /// The table of the sessions, <c>SactSessions</c> by default. The table of the locks has the suffix <c>Locks</c>.
    /// </param>
    /// <param name="schema">The schema of both tables; null (default) for that of the model.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">The table is null or empty.</exception>
    /// <example>
    /// <code>
    /// protected override void OnModelCreating(ModelBuilder builder)
    /// {
    ///     base.OnModelCreating(builder);
    ///     builder.AddSactSessions();
    /// }
    /// </code>
    /// </example>
    public static ModelBuilder AddSactSessions(this ModelBuilder modelBuilder, string table = "SactSessions", string? schema = null)
    {
        ArgumentNullException.ThrowIfNull(modelBuilder);
        ArgumentException.ThrowIfNullOrEmpty(table);
        return modelBuilder
            .Entity<SessionRow>(row => Sessions(row, table, schema))
            .Entity<SessionLockRow>(row => Locks(row, table + "Locks", schema));
    }

    private static void Sessions(EntityTypeBuilder<SessionRow> row, string table, string? schema)
    {
        row.ToTable(table, schema);
        row.HasKey(session => new { session.Prefix, session.KeyPart });
        Bytes(row.Property(session => session.Prefix), MaxPrefix);
        Bytes(row.Property(session => session.KeyPart), KeyPartLength);
        Bytes(row.Property(session => session.UserId), MaxUserId).IsRequired(false);
        row.Property(session => session.LineageHash).HasMaxLength(SecretHash.Size).IsRequired();
        row.Property(session => session.Version).IsConcurrencyToken().ValueGeneratedNever();
        row.Property(session => session.Record).IsRequired();
        row.HasIndex(session => new { session.Prefix, session.UserId });
        row.HasIndex(session => new { session.Prefix, session.ExpiresAt });
        row.HasIndex(session => new { session.Prefix, session.CreatedAt });
    }

    private static void Locks(EntityTypeBuilder<SessionLockRow> row, string table, string? schema)
    {
        row.ToTable(table, schema);
        row.HasKey(turn => turn.Id);
        row.Property(turn => turn.Id).HasMaxLength(32).IsRequired().ValueGeneratedNever();
        row.HasIndex(turn => turn.UsedAt);
    }

    /// <summary>A string that the database has as bytes of UTF-8.</summary>
    private static PropertyBuilder<T> Bytes<T>(PropertyBuilder<T> property, int length) => property
        .HasConversion(new StringToBytesConverter(System.Text.Encoding.UTF8))
        .HasMaxLength(length)
        .IsRequired()
        .ValueGeneratedNever();
}
