namespace Sact.Session.Stores;

/// <summary>A page of what <see cref="ISessionQueryStore.QueryAsync"/> finds.</summary>
/// <param name="Sessions">The sessions, at most <see cref="SessionQuery.PageSize"/>.</param>
/// <param name="Next">
/// The cursor of the next page, for <see cref="SessionQuery.After"/>; null if the search is complete. It holds no secret.
/// </param>
/// <param name="Skipped">
/// How many live records this page left out because a newer version of this library wrote them, or because they cannot be read. A query
/// by user counts bytes that are no record only where the store has an index of users.
/// </param>
public sealed record SessionPage(IReadOnlyList<SessionRecord> Sessions, string? Next, int Skipped = 0);
