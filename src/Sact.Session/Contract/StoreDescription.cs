namespace Sact.Session.Stores;

/// <summary>
/// What a store is, in the words of OpenTelemetry's conventions for databases. Operators see it in traces, so it holds no secret.
/// </summary>
public sealed class StoreDescription
{
    /// <summary>Describes a store.</summary>
    /// <param name="system">
    /// The kind of database, <c>db.system.name</c>, such as <c>redis</c>, <c>postgresql</c>, <c>sqlite</c> or <c>other_sql</c>.
    /// </param>
    /// <exception cref="ArgumentException"><paramref name="system"/> is empty.</exception>
    public StoreDescription(string system)
    {
        ArgumentException.ThrowIfNullOrEmpty(system);
        System = system;
    }

    /// <summary>The kind of database, <c>db.system.name</c>.</summary>
    public string System { get; }

    /// <summary>The table of the sessions, <c>db.collection.name</c>; null (default) if there is none.</summary>
    public string? Collection { get; init; }

    /// <summary>The host of the server, <c>server.address</c>; null (default) if it is not known, or if there are several.</summary>
    public string? ServerAddress { get; init; }

    /// <summary>The port of the server, <c>server.port</c>; null (default) if it is not known.</summary>
    public int? ServerPort { get; init; }

    /// <summary>A store that does not describe itself.</summary>
    internal static StoreDescription Other { get; } = new("other");

    /// <summary>A store in the memory of the process.</summary>
    internal static StoreDescription Memory { get; } = new("memory");
}
