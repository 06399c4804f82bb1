namespace Sact.Session;

/// <summary>A page of sessions that an administrator found.</summary>
/// <param name="Sessions">The sessions, at most <see cref="SessionQuery.PageSize"/>.</param>
/// <param name="Next">
/// The cursor of the next page, for <see cref="SessionQuery.After"/>; null if the search is complete. A page may have few sessions, or
/// none, although a next one follows.
/// </param>
/// <param name="Skipped">How many live sessions were left out, because a newer version wrote them or because they cannot be read.</param>
public sealed record AdministeredSessionPage(IReadOnlyList<AdministeredSession> Sessions, string? Next, int Skipped);
