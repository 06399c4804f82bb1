using System.Runtime.CompilerServices;

namespace Sact.Session.Tool;

/// <summary>Reads the sessions of a query page by page, through the cursors of the store.</summary>
internal sealed class SessionWalk(ISessionQueryStore store, SessionQuery query)
{
    /// <summary>How many live records were left out, because a newer version wrote them or because they cannot be read.</summary>
    public int Skipped { get; private set; }

    /// <summary>The pages. One may be empty, although others follow.</summary>
    /// <exception cref="ToolUsageException">The cursor is not one of this query.</exception>
    /// <exception cref="SessionStoreException">The store does not answer.</exception>
    public async IAsyncEnumerable<SessionPage> PagesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var next = query;
        do
        {
            var page = await PageAsync(store, next, cancellationToken).ConfigureAwait(false);
            Skipped += page.Skipped;
            yield return page;
            next = next with { After = page.Next };
        }
        while (next.After is not null);
    }

    /// <summary>Reads one page.</summary>
    /// <exception cref="ToolUsageException">The cursor is not one of this query.</exception>
    /// <exception cref="SessionStoreException">The store does not answer.</exception>
    public static async Task<SessionPage> PageAsync(ISessionQueryStore store, SessionQuery query, CancellationToken cancellationToken)
    {
        try
        {
            return await store.QueryAsync(query, cancellationToken).ConfigureAwait(false);
        }
        catch (ArgumentException) when (query.After is not null)
        {
            throw new ToolUsageException(
                "The option --after is no cursor of this search. A cursor continues only the search that it came from. "
                + "Begin again without it.");
        }
    }
}
