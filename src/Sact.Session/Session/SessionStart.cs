namespace Sact.Session;

/// <summary>Begins sessions: signs a user in, begins a sign-in that lacks a factor, begins an anonymous session.</summary>
internal readonly struct SessionStart(RequestSession session)
{
    // Two ids with the same 126 random bits do not happen. A random source that repeats itself does.
    private const int MaxIds = 4;

    /// <summary>
    /// The same as <see cref="SignInAsync"/>, for a sign-in by the application. The new session ends if the user has changed meanwhile.
    /// </summary>
    public async ValueTask SignInByHandAsync(string userId, SessionFields fields, SessionTerms terms, CancellationToken cancellationToken)
    {
        await SignInAsync(userId, fields, terms, cancellationToken).ConfigureAwait(false);
        if (session.Request.Read(static context => context.Features.Get<ISignInCheck>()) is { } check)
        {
            await EndIfOutdatedAsync(check, userId).ConfigureAwait(false);
        }
    }

    /// <summary>Signs in, or begins a pending session, as the terms say. The verified session that was presented ends.</summary>
    public async ValueTask SignInAsync(string userId, SessionFields fields, SessionTerms terms, CancellationToken cancellationToken)
    {
        UserIdRule.ThrowIfBroken(userId, nameof(userId));
        UserIdRule.ThrowIfReserved(userId, nameof(userId));
        session.Fields.ThrowIfTooLarge(fields, "metadata");
        using var scope = await session.EnterAsync(cancellationToken).ConfigureAwait(false);
        session.Request.ThrowIfStarted();

        // The values that the new session takes over are those of now: another request may have changed them since this one has read.
        bool keeps = session.Settings.KeptAtSignIn is not null && session.Record is { State: SessionState.Anonymous };
        var old = session.Unended ?? await session.LoadAsync(keeps, cancellationToken, forEnding: true).ConfigureAwait(false);
        SessionPredecessor? predecessor = old is null or { State: SessionState.Anonymous }
            ? new(session.State.Number, BySigningIn: true)
            : null;
        fields = WithKeptFields(old, fields);
        if (old is not null)
        {
            await session.End.EndAsync(old, SessionEndReason.Replaced, cancellationToken).ConfigureAwait(false);
        }

        await BeginAsync(userId, fields, terms, predecessor, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask EndIfOutdatedAsync(ISignInCheck check, string userId)
    {
        bool lives = false;
        try
        {
            lives = await check.MayLiveAsync(session, session.Request.Context, userId).ConfigureAwait(false);
        }
        finally
        {
            if (!lives)
            {
                await session.End.SignOutAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Begins an anonymous session, unless the request has a live one.</summary>
    /// <param name="fields">Its data.</param>
    /// <param name="terms">Its lifetimes.</param>
    /// <param name="number">The <see cref="SessionStateMachine.Number"/> that the request must still have; null for any.</param>
    /// <param name="cancellationToken">Read before the write begins.</param>
    /// <exception cref="AnonymousSessionLimitException">Too many have begun on this node.</exception>
    public async ValueTask<bool> StartAnonymousAsync(
        SessionFields fields, SessionTerms terms, int? number, CancellationToken cancellationToken)
    {
        session.Fields.ThrowIfTooLarge(fields, nameof(fields));
        using var scope = await session.EnterAsync(cancellationToken).ConfigureAwait(false);
        session.Request.ThrowIfStarted();

        // Nothing begins where the session lives on under a newer id: the new cookie would overwrite the newer one and sign the user out.
        int current = session.State.Number;
        if ((number ?? current) != current
            || await session.LoadAsync(reload: false, cancellationToken).ConfigureAwait(false) is not null
            || session.State.IsSuperseded)
        {
            return false;
        }

        session.Services.AnonymousLimiter.TakeOrThrow();
        await BeginAsync(null, fields, terms, new(current, BySigningIn: false), cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Creates a session under a new id and sends its cookie.</summary>
    private async ValueTask BeginAsync(
        string? userId, SessionFields fields, SessionTerms terms, SessionPredecessor? predecessor, CancellationToken cancellationToken)
    {
        for (int i = 0; i < MaxIds; i++)
        {
            var client = userId is null ? null : session.Client();
            string? announced = userId is null ? session.State.TakeAnnounced() : null;
            var (id, record) = SessionRecordFactory.Make(session.Store, session.Services.Clock, userId, fields, terms, client, announced);
            var key = session.Settings.NeedsKey(session.Store, fields) ? DataKey.Create(record.Key) : null;
            record = key is null ? record : Sealed(record, key, id);
            var cap = userId is null ? null : session.Settings.Cap;
            await SessionAliases.WriteAsync(session.Calls, session.Services, session.Store, record).ConfigureAwait(false);
            var created = await session.Calls.CreateAsync(record, cap, cancellationToken).ConfigureAwait(false);
            switch (created.Status)
            {
                case SessionCreationStatus.Exists:
                    continue;
                case SessionCreationStatus.CapReached:
                    session.End.DeleteCookieOfEndedSession();
                    throw new SessionCapReachedException();
                case SessionCreationStatus.Created:
                    session.State.Issue(id, record, predecessor);
                    session.DataKeys.Keep(key);
                    session.Remember(record);
                    await session.End.SendOrEndAsync(id, record).ConfigureAwait(false);
                    Report(record, created);
                    return;
                default:
                    throw new SessionStoreException(
                        "The store's CreateAsync returned default. Return SessionCreation.Created, Exists or CapReached.",
                        null,
                        outcomeUnknown: true);
            }
        }

        throw new SessionStoreException(
            $"The store's CreateSessionId returned {MaxIds} ids in a row that exist already. Check the random source of the machine.");
    }

    private SessionRecord Sealed(SessionRecord record, DataKey key, string id) => record with
    {
        CurrentKey = key.Wrap(id),
        Fields = SealedFields.Seal(record.Fields, key, session.Settings.SealMetadata),
    };

    private void Report(SessionRecord record, SessionCreation created)
    {
        session.Telemetry.Began(record.Key, record.State);
        for (int i = 0; i < created.Ended.Count; i++)
        {
            session.Telemetry.Ended(created.Ended[i], EndedReason.Cap);
        }
    }

    /// <summary>
    /// Adds the fields that a sign-in takes over from the anonymous session it ends, if the application wants that and they fit.
    /// </summary>
    private SessionFields WithKeptFields(SessionRecord? old, SessionFields fields)
    {
        if (session.Settings.KeptAtSignIn is not { } prefix || old is not { State: SessionState.Anonymous })
        {
            return fields;
        }

        var all = SealedFields.Open(
            old, session.KeyOf(old), name => name.StartsWith(prefix, StringComparison.Ordinal)).Merge(fields);
        if (all.SizeInBytes <= session.Settings.MaxRecordBytes)
        {
            return all;
        }

        // Whoever filled the anonymous session must not keep anybody from signing in.
        SessionLog.NotKept(session.Telemetry.Log, old.Key);
        return fields;
    }
}
