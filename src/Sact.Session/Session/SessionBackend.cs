namespace Sact.Session;

/// <summary>What the sessions of one registration work with. They share it, so that a request holds one reference.</summary>
/// <param name="Store">The store.</param>
/// <param name="Services">Clock, telemetry, cookies and settings.</param>
internal sealed record SessionBackend(IGenericStore Store, SessionServices Services);
