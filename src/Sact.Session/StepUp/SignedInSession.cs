namespace Sact.Session;

/// <summary>A signed-in session of a request.</summary>
/// <param name="Source">Its registration.</param>
/// <param name="Request">The session of the request; null for one of the ticket store, whose cookie is that of another scheme.</param>
/// <param name="Data">What was read.</param>
internal readonly record struct SignedInSession(SessionSource Source, RequestSession? Request, SessionData Data)
{
    /// <summary>Begins to watch the session; null if it has ended meanwhile.</summary>
    public WatchedSession? Watch() =>
        Request is { } request ? request.Watch.Begin() : Source.Backend.Watch.Add(Data.Record, Data.Record.Generation);

    /// <summary>Begins to watch the session for somebody who outlives the request, such as a Blazor circuit.</summary>
    public WatchedSession WatchApart() =>
        Source.Backend.Watch.Add(Data.Record, Request?.State.Generation ?? Data.Record.Generation);
}
