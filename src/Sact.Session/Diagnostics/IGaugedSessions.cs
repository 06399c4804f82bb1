namespace Sact.Session;

/// <summary>The sessions of a registration, as the gauges see them.</summary>
internal interface IGaugedSessions
{
    /// <summary>The name of the registration; the label <c>registration</c>.</summary>
    string Registration { get; }

    /// <summary>Two registrations over one store count the same sessions.</summary>
    IGenericStore Store { get; }

    /// <summary>How many open connections are watched on this node.</summary>
    int Watched { get; }

    /// <summary>How many sessions the store has; null if it is not known. It answers at once.</summary>
    long? Active { get; }
}
