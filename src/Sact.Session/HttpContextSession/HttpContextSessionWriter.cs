namespace Sact.Session;

/// <summary>Stores the changes of <c>HttpContext.Session</c>: in the session of the request, or in one that begins for them.</summary>
internal readonly struct HttpContextSessionWriter(RequestSession session, HttpContextSessionState state)
{
    /// <summary>Stores what is pending now. What the session has become meanwhile may need another call.</summary>
    /// <exception cref="ArgumentException">The data is larger than <c>MaxRecordBytes</c>.</exception>
    public async ValueTask StoreOnceAsync(CancellationToken cancellationToken)
    {
        var pending = state.Pending;
        var set = SessionFields.Create(pending.Changes
            .Where(static change => change.Value is not null)
            .Select(static change => HttpContextSessionField.Write(change.Key, change.Value)));
        if (pending.Key is { } key)
        {
            await ChangeAsync(key, pending, set, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await BeginAsync(pending, set, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask BeginAsync(
        HttpContextSessionState.Unstored pending, SessionFields set, CancellationToken cancellationToken)
    {
        // False if the request has a session by now: the caller then reads it.
        if ((set.Count == 0 && !pending.Begins)
            || await session.Start.StartAnonymousAsync(
                set, session.Settings.AnonymousTerms, pending.Number, cancellationToken).ConfigureAwait(false))
        {
            state.MarkStored(pending, session.Number);
        }
        else if (session.State.IsSuperseded)
        {
            state.Lose(session.Store.GetSessionKey(session.GetSessionId()));
        }
        else
        {
            state.Forget();
        }
    }

    private async ValueTask ChangeAsync(
        SessionKey key, HttpContextSessionState.Unstored pending, SessionFields set, CancellationToken cancellationToken)
    {
        string[] remove = [.. pending.Changes.Where(static change => change.Value is null).Select(
            static change => HttpContextSessionField.NameOf(change.Key))];
        if (await session.Fields.ChangeAnyAsync(set, remove, pending.Number, cancellationToken).ConfigureAwait(false)
            == SessionUpdateStatus.Applied)
        {
            state.MarkStored(pending, pending.Number);
        }
        else if (session.Number == pending.Number)
        {
            state.Lose(key);
        }
    }
}
