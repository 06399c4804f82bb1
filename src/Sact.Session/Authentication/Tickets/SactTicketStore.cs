using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// Keeps the tickets of a cookie scheme as sessions. The scheme's cookie contains the encrypted id of a ticket. The store has only hashes
/// of the id.
/// </summary>
/// <remarks>
/// A renewal never creates a ticket and never changes its user. A ticket may be ended twice. An id with an invented secret has no effect.
/// </remarks>
internal sealed class SactTicketStore(
    SessionSource source,
    SavedUsers users,
    string scheme,
    SactTicketStoreOptions options,
    bool slidingExpiration)
    : ITicketStore
{
    public const string Ticket = "$ticket";

    // With the scheme: the ticket of another one cannot be opened here.
    private string SealedName => $"{Ticket}:{scheme}";

    private readonly SessionServices _services = source.Services;
    private readonly SessionSettings _settings = source.Services.Settings;

    public Task<string> StoreAsync(AuthenticationTicket ticket) => StoreAsync(ticket, CancellationToken.None);

    public Task<string> StoreAsync(AuthenticationTicket ticket, CancellationToken cancellationToken) =>
        StoreAsync(ticket, new DefaultHttpContext(), cancellationToken);

    public async Task<string> StoreAsync(AuthenticationTicket ticket, HttpContext httpContext, CancellationToken cancellationToken)
    {
        string userId = UserIds.Of(ticket.Principal, options.UserIdClaimType, nameof(SactTicketStoreOptions), scheme);
        UserIdRule.ThrowIfBroken(userId, nameof(ticket));
        UserIdRule.ThrowIfReserved(userId, nameof(ticket));
        var tickets = TicketsOfRequest.Of(httpContext, this);
        var calls = Calls(httpContext);
        await EndStoredAsync(httpContext).ConfigureAwait(false);
        var now = _services.Now;
        var (id, record) = Make(ticket, userId, now);
        await SessionAliases.WriteAsync(calls, _services, source.Store, record).ConfigureAwait(false);
        var created = await calls.CreateAsync(record, _settings.Cap, cancellationToken).ConfigureAwait(false);
        switch (created.Status)
        {
            case SessionCreationStatus.Created:
                break;
            case SessionCreationStatus.CapReached:
                throw new SessionCapReachedException();
            default:
                throw new SessionStoreException(
                    "The store already has a session with the new id. Random ids do not repeat. Check the random source of the machine.");
        }

        tickets.Stored = record;
        AuthenticatedSessions.Add(httpContext, record.Key);
        _services.Telemetry.Began(record.Key, record.State);
        foreach (var ended in created.Ended)
        {
            _services.Telemetry.Ended(ended, EndedReason.Cap);
        }

        bool lives = await ProviderSignIn.MayLiveAsync(
            _services,
            source.Store,
            ticket.Properties,
            (Tickets: this, Record: record, Context: httpContext),
            static (of, reason) => of.Tickets.EndAsync(of.Record, of.Context, reason)).ConfigureAwait(false);
        if (lives && record.Fields.Contains(SecurityStampField.Name))
        {
            bool refreshes = AuthenticatedSession.Of(ticket.Properties) is { } authenticated
                && authenticated.Scheme == scheme
                && authenticated.UserId == record.UserId;
            await EndOutdatedAsync(record, httpContext, refreshes).ConfigureAwait(false);
        }

        // The cookie of a ticket that has ended signs nobody in.
        return id;
    }

    public Task RenewAsync(string key, AuthenticationTicket ticket) => RenewAsync(key, ticket, CancellationToken.None);

    public Task RenewAsync(string key, AuthenticationTicket ticket, CancellationToken cancellationToken) =>
        RenewAsync(key, ticket, new DefaultHttpContext(), cancellationToken);

    public async Task RenewAsync(string key, AuthenticationTicket ticket, HttpContext httpContext, CancellationToken cancellationToken)
    {
        if (await FindAsync(key, httpContext, reload: false, cancellationToken).ConfigureAwait(false) is not { } record)
        {
            NotRenewed(httpContext);
            return;
        }

        if (UserIds.Of(ticket.Principal, options.UserIdClaimType, nameof(SactTicketStoreOptions), scheme) != record.UserId)
        {
            throw new InvalidOperationException(
                $"A ticket of scheme '{scheme}' was about to be renewed for another user. A ticket keeps its user. "
                + "To change the user, call SignOutAsync before SignInAsync.");
        }

        var fields = Fields(ticket, key, record.Key);
        var change = new SessionChange
        {
            Set = fields,
            Remove = fields.Contains(SecurityStampField.Name) ? [] : [SecurityStampField.Name],
            MaxBytes = _settings.MaxRecordBytes,
        };
        var outcome = await Calls(httpContext).UpdateAsync(record, change, cancellationToken).ConfigureAwait(false);
        switch (outcome.Status)
        {
            case SessionUpdateStatus.Gone:
                NotRenewed(httpContext);
                break;
            case SessionUpdateStatus.TooLarge:
                throw TooLarge();
        }
    }

    public Task<AuthenticationTicket?> RetrieveAsync(string key) => RetrieveAsync(key, CancellationToken.None);

    public Task<AuthenticationTicket?> RetrieveAsync(string key, CancellationToken cancellationToken) =>
        RetrieveAsync(key, new DefaultHttpContext(), cancellationToken);

    public async Task<AuthenticationTicket?> RetrieveAsync(string key, HttpContext httpContext, CancellationToken cancellationToken)
    {
        var tickets = TicketsOfRequest.Of(httpContext, this);
        if (await FindAsync(key, httpContext, reload: !tickets.SigningIn, cancellationToken).ConfigureAwait(false) is not { } record)
        {
            return null;
        }

        if (tickets.SigningIn)
        {
            await EndAsync(record, httpContext, SessionEndReason.Replaced).ConfigureAwait(false);
            return null;
        }

        if (Open(key, record) is not { } ticket)
        {
            AuthenticationLog.TicketUnreadable(_services.Telemetry.Log, record.Key);
            await EndAsync(record, httpContext, SessionEndReason.SignedOut).ConfigureAwait(false);
            return null;
        }

        if (await TouchAsync(record, httpContext, cancellationToken).ConfigureAwait(false) is not { } touched)
        {
            return null;
        }

        tickets.Verified = touched;
        AuthenticatedSession.Mark(httpContext, scheme, ticket.Properties, touched);
        return ticket;
    }

    public Task RemoveAsync(string key) => RemoveAsync(key, CancellationToken.None);

    public Task RemoveAsync(string key, CancellationToken cancellationToken) =>
        RemoveAsync(key, new DefaultHttpContext(), cancellationToken);

    public async Task RemoveAsync(string key, HttpContext httpContext, CancellationToken cancellationToken)
    {
        // A client that disconnects must not keep the session alive, so its token is not used.
        if (await FindAsync(key, httpContext, reload: false, CancellationToken.None).ConfigureAwait(false) is { } record)
        {
            await EndAsync(record, httpContext, SessionEndReason.SignedOut).ConfigureAwait(false);
        }
    }

    /// <summary>Ends the ticket that this request has stored. No request has presented its cookie yet.</summary>
    public async Task EndStoredAsync(HttpContext httpContext)
    {
        if (TicketsOfRequest.Of(httpContext, this).Stored is { } stored)
        {
            await EndAsync(stored, httpContext, SessionEndReason.Replaced).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Logs that the ticket was not renewed at the end of the request. It is unchanged, and the next request tries again.
    /// </summary>
    public void LogNotRenewed(SessionStoreException fault, HttpContext httpContext)
    {
        if (TicketsOfRequest.Of(httpContext, this).Verified is { } record)
        {
            AuthenticationLog.PrincipalNotKept(_services.Telemetry.Log, record.Key, fault);
        }
    }

    /// <summary>The response depends on the cookie of the scheme. Caches learn the same as from a session.</summary>
    public RequestFeature MarkUsed(HttpContext httpContext)
    {
        lock (RequestLock.Of(httpContext))
        {
            var request = RequestFeature.Of(httpContext, _services.Telemetry);
            request.MarkUsed();
            return request;
        }
    }

    private void NotRenewed(HttpContext httpContext)
    {
        AuthenticationLog.TicketNotRenewed(_services.Telemetry.Log);
        if (TicketsOfRequest.Of(httpContext, this).SendsCookie)
        {
            throw new TicketEndedException();
        }
    }

    private async Task EndOutdatedAsync(SessionRecord record, HttpContext httpContext, bool refreshes)
    {
        bool lives = false;
        try
        {
            lives = await SecurityStamps
                .EndOutdatedAsync(source.Store, _services, users, httpContext, record, refreshes).ConfigureAwait(false);
        }
        finally
        {
            if (!lives)
            {
                await EndAsync(record, httpContext, SessionEndReason.SignedOut).ConfigureAwait(false);
            }
        }
    }

    private StoreClient Calls(HttpContext context) => new(source.Store, _services, context);

    private (string Id, SessionRecord Record) Make(AuthenticationTicket ticket, string userId, DateTimeOffset now)
    {
        string id = source.Store.CreateSessionId(userId);
        if (!TicketSecret.TryOf(id, out var secret))
        {
            throw new InvalidOperationException(
                "The store's CreateSessionId returned an invalid id. An id has 56 base64url characters. "
                + "Derive the store from GenericStore.");
        }

        var key = source.Store.GetSessionKey(id);
        var longest = _settings.SignInTerms with { Lifetimes = TicketLifetimes.Longest(_settings) };
        bool slides = slidingExpiration && (ticket.Properties.AllowRefresh ?? true);
        var lifetimes = SchemeLifetimes.Of(
            ticket.Properties,
            authenticated: null,
            TicketLifetimes.Span(ticket.Properties, slides, now) ?? longest.Lifetimes.IdleTimeout,
            slidingExpiration,
            now,
            longest.Lifetimes,
            expiryIsAbsolute: false);
        var terms = SessionTerms.Of(lifetimes, longest, nameof(ticket));
        var fields = ProviderSignIn.WithAliases(Fields(ticket, id, key), _services, ticket.Properties);
        return fields.SizeInBytes > _settings.MaxRecordBytes
            ? throw TooLarge()
            : (id, new SessionRecord
            {
                Key = key,
                UserId = userId,
                State = SessionState.SignedIn,
                AssuranceLevel = terms.AssuranceLevel,
                LineageHash = secret.Lineage,
                CurrentHash = secret.Whole,
                Fields = fields,
                IsPersistent = terms.IsPersistent,
                CreatedAt = now,
                AuthenticatedAt = now,
                LastSeenAt = now,
                Lifetimes = terms.Lifetimes,
            });
    }

    /// <param name="key">The id of the ticket.</param>
    /// <param name="context">The request.</param>
    /// <param name="reload">
    /// True to read again although the ticket was read in this request. The client's disconnect cancels such a read.
    /// </param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The record of a live, verified ticket; null if there is none.</returns>
    private async ValueTask<SessionRecord?> FindAsync(string key, HttpContext context, bool reload, CancellationToken cancellationToken)
    {
        if (!TicketSecret.TryOf(key, out var secret))
        {
            return null;
        }

        var sessionKey = source.Store.GetSessionKey(key);
        if (!reload
            && TicketsOfRequest.Of(context, this).Verified is { } verified
            && verified.Key == sessionKey
            && secret.IsOf(verified))
        {
            return verified;
        }

        var record = await Calls(context).GetAsync(sessionKey, endsWithRequest: reload, cancellationToken).ConfigureAwait(false);
        if (record is null || record.Key != sessionKey || !record.IsLive(_services.Now))
        {
            _services.Telemetry.Refused(RefusedReason.Unknown, sessionKey);
            return null;
        }

        if (!secret.IsOf(record) || record.State != SessionState.SignedIn)
        {
            _services.Telemetry.Refused(RefusedReason.Foreign, sessionKey);
            return null;
        }

        return record;
    }

    private async ValueTask EndAsync(SessionRecord record, HttpContext context, SessionEndReason reason)
    {
        var tickets = TicketsOfRequest.Of(context, this);
        if (await Calls(context).EndAsync(record, reason, CancellationToken.None).ConfigureAwait(false))
        {
            _services.Telemetry.Ended(record.Key, reason);
        }

        tickets.Stored = tickets.Stored?.Key == record.Key ? null : tickets.Stored;
        tickets.Verified = tickets.Verified?.Key == record.Key ? null : tickets.Verified;
    }

    /// <summary>Updates "last seen" if that is due.</summary>
    /// <returns>The record after the update; null if the ticket has ended since it was read.</returns>
    private async ValueTask<SessionRecord?> TouchAsync(SessionRecord record, HttpContext context, CancellationToken cancellationToken)
    {
        var now = _services.Now;
        bool polls = PollingEndpoint.IsReached(context);
        if (polls ? record.Presented : !_settings.IsTouchDue(record, now))
        {
            return record;
        }

        try
        {
            // Even a poll notes that the cookie has arrived.
            var change = new SessionChange
            {
                Touch = polls ? new(record.LastSeenAt) : new(now, null, _settings.TouchIntervalOf(record)),
            };
            var outcome = await Calls(context).UpdateAsync(record, change, cancellationToken).ConfigureAwait(false);
            return outcome.Status == SessionUpdateStatus.Gone ? null : outcome.Record ?? record;
        }
        catch (SessionStoreException fault)
        {
            _services.Telemetry.TouchFailed(record.Key, fault);
            return record;
        }
    }

    private SessionFields Fields(AuthenticationTicket ticket, string id, SessionKey key)
    {
        byte[] sealedTicket = KeyOf(id, key).Seal(SealedName, TicketSerializer.Default.Serialize(ticket));
        var fields = new List<KeyValuePair<string, ReadOnlyMemory<byte>>>
        {
            new(Ticket, sealedTicket),
        };
        if (SecurityStampField.Of(ticket.Principal, options.SecurityStampClaimType) is { } stamp)
        {
            fields.Add(new(SecurityStampField.Name, stamp));
        }

        return SessionFields.Create(fields);
    }

    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "A ticket that cannot be read signs nobody in, whatever the cause.")]
    private AuthenticationTicket? Open(string id, SessionRecord record)
    {
        try
        {
            return record.Fields.TryGetValue(Ticket, out var json)
                && KeyOf(id, record.Key).TryOpen(SealedName, json.Span, out byte[]? opened)
                ? TicketSerializer.Default.Deserialize(opened)
                : null;
        }
        catch (Exception)
        {
            return null;
        }
    }

    // The id of a ticket never changes, so its key comes from the id alone. Nothing that the application keeps opens a ticket.
    private static DataKey KeyOf(string id, SessionKey key)
    {
        Span<byte> bytes = stackalloc byte[SessionIdFormat.ByteLength];
        SessionIdFormat.Decode(id, bytes);
        return DataKey.OfId(bytes, key);
    }

    private ArgumentException TooLarge() => new(
        $"The ticket is larger than the limit of MaxRecordBytes ({_settings.MaxRecordBytes} bytes). "
        + "Sign in with fewer claims or tokens, or raise SactSessionOptions.MaxRecordBytes.",
        "ticket");
}
