namespace Sact.Session;

/// <summary>Marks an endpoint whose connections close when their session ends.</summary>
/// <param name="Name">The name of the registration; null for that of the endpoint's scheme.</param>
internal sealed record ClosesWithSession(string? Name);
