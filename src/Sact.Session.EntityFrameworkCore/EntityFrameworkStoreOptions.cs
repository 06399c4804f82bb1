namespace Sact.Session;

/// <summary>The settings of an <see cref="EntityFrameworkStore{TContext}"/>. They are read once, when the store is made.</summary>
public sealed class EntityFrameworkStoreOptions : GenericStoreOptions
{
    /// <summary>
    /// Whether the database is checked when the host has started; default true. A missing table is then an error of the start. If false,
    /// the first call of the store checks it. A database that is down never stops the start.
    /// </summary>
    public bool CheckAtStart { get; set; } = true;
}
