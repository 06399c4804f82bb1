namespace Sact.Session;

/// <summary>Ends the session of a request and deletes its cookie.</summary>
internal readonly struct SessionEnd(RequestSession session)
{
    /// <summary>Signs out: ends the session in whatever state, and deletes the cookie even if that fails.</summary>
    public async ValueTask SignOutAsync(CancellationToken cancellationToken)
    {
        // A token that is already cancelled must not keep the cookie from being deleted.
        using var scope = await session.EnterAsync(CancellationToken.None).ConfigureAwait(false);
        await SignOutInScopeAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same, for a caller that is in a scope.</summary>
    /// <returns>Whether a live session ended.</returns>
    public async ValueTask<bool> SignOutInScopeAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await EndOwnAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            DropCookie();
        }
    }

    /// <summary>Ends the session of the request for a reason of the identity provider, and deletes its cookie even if that fails.</summary>
    public async ValueTask EndNewAsync(SessionEndReason reason)
    {
        using var scope = await session.EnterAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            if (await session.LoadAsync(reload: false, CancellationToken.None, forEnding: true).ConfigureAwait(false) is { } record)
            {
                await EndAsync(record, reason, CancellationToken.None).ConfigureAwait(false);
            }
        }
        finally
        {
            DropCookie();
        }
    }

    /// <summary>Ends the session of the request and leaves the cookie to the caller.</summary>
    public async ValueTask<bool> EndOwnAsync(CancellationToken cancellationToken)
    {
        bool ended = false;
        if ((session.Unended ?? await session.LoadAsync(reload: false, cancellationToken, forEnding: true).ConfigureAwait(false))
            is { } record)
        {
            ended = await EndAsync(record, SessionEndReason.SignedOut, cancellationToken).ConfigureAwait(false);
        }

        Forget();
        return ended;
    }

    /// <summary>
    /// Ends a session that was the request's. From here on the request has none, even if the store fails: then another try ends it.
    /// </summary>
    public async ValueTask<bool> EndAsync(SessionRecord record, SessionEndReason reason, CancellationToken cancellationToken)
    {
        NoteSigningOut(record, reason);
        bool ended = await EndUncountedAsync(record, reason, cancellationToken).ConfigureAwait(false);
        if (ended)
        {
            session.Telemetry.Ended(record.Key, reason);
        }

        return ended;
    }

    /// <summary>The same, for a caller that lets the provider know and counts what has ended.</summary>
    public async ValueTask<bool> EndUncountedAsync(SessionRecord record, SessionEndReason reason, CancellationToken cancellationToken)
    {
        session.Unended = record;
        Forget();
        session.Watch.NoteEndedHere(true);
        bool ended;
        try
        {
            ended = await session.Calls.EndAsync(record, reason, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            session.Watch.NoteEndedHere(false);
            throw;
        }

        session.Unended = null;
        return ended;
    }

    /// <summary>
    /// Lets the identity provider of the session know, while its tokens can still be read. A sign-in in the same browser is no sign-out.
    /// </summary>
    public void NoteSigningOut(SessionRecord record, SessionEndReason reason)
    {
        if (reason is SessionEndReason.SignedOut or SessionEndReason.SignedOutElsewhere)
        {
            session.Services.Provider?.SigningOut(session, record);
        }
    }

    /// <summary>Ends a session whose secret was replayed. The replayed id is refused even if that fails.</summary>
    public async ValueTask EndReplayedAsync(SessionRecord record, CancellationToken cancellationToken)
    {
        try
        {
            // Of two requests that replay a secret at once, one ends the session. The other one presents a stale id.
            if (await session.Calls.EndAsync(record, SessionEndReason.Replayed, cancellationToken).ConfigureAwait(false))
            {
                session.Telemetry.Replayed(record.Key);
            }
            else
            {
                session.Telemetry.Refused(RefusedReason.Stale, record.Key);
            }
        }
        catch (SessionStoreException fault)
        {
            session.Telemetry.Replayed(record.Key, fault);
        }
    }

    /// <summary>
    /// Sends the only secret that a session has. If the cookie cannot be sent any more, the session ends and the caller gets the exception.
    /// </summary>
    public async ValueTask SendOrEndAsync(string id, SessionRecord record)
    {
        try
        {
            session.Cookies.Send(id, record);
        }
        catch (InvalidOperationException)
        {
            Forget();
            await session.Calls.EndAsync(record, SessionEndReason.SignedOut, CancellationToken.None).ConfigureAwait(false);
            session.Telemetry.EndedUnsent(record.Key);
            throw;
        }
    }

    /// <summary>The request has no session from here on.</summary>
    public void Forget()
    {
        session.State.End();
        session.Remember(null);
    }

    /// <summary>Deletes the cookie of the session that this request has ended, if it has and still can.</summary>
    public void DeleteCookieOfEndedSession()
    {
        if (session.State.Phase == SessionPhase.Ended && !session.Request.HasStarted)
        {
            session.Services.Cookies.Delete(session.Request);
        }
    }

    /// <summary>Deletes the cookie at a sign-out; logs it where the response has started.</summary>
    public void DropCookie()
    {
        if (session.Request.HasEnded || session.Request.HasStarted)
        {
            SessionLog.CookieNotDeleted(session.Telemetry.Log, session.State.Session?.Key ?? default);
            return;
        }

        session.Services.Cookies.Delete(session.Request);
        if (session.Settings.ClearSiteDataOnSignOut)
        {
            session.Request.ClearSiteData();
        }
    }
}
