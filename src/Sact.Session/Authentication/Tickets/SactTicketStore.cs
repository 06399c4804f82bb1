using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// Keeps the tickets of a cookie scheme as sessions. A ticket is found by the id that lies encrypted in the scheme's cookie; the store of sessions has only hashes of it. Renewing never creates and never
/// changes the user; ending is idempotent; an id with an invented secret does nothing.
/// </summary>
internal sealed class SactTicketStore(SessionSource source, IDataProtectionProvider protection, string scheme, SactTicketStoreOptions options, bool slidingExpiration) : ITicketStore
{
    public const string Ticket = "$ticket";

    private readonly SessionServices _services = source.Services;
    private readonly SessionSettings _settings = source.Services.Settings;

    public Task<string> StoreAsync(AuthenticationTicket ticket) => StoreAsync(ticket, CancellationToken.None);

    public Task<string> StoreAsync(AuthenticationTicket ticket, CancellationToken cancellationToken) => StoreAsync(ticket, new DefaultHttpContext(), cancellationToken);

    public async Task<string> StoreAsync(AuthenticationTicket ticket, HttpContext httpContext, CancellationToken cancellationToken)
    {
        string userId = UserIds.Of(ticket.Principal, options.UserIdClaimType, nameof(SactTicketStoreOptions), scheme);
        UserIdRule.ThrowIfBroken(userId, nameof(ticket));
        var tickets = TicketsOfRequest.Of(httpContext, this);
        var calls = Calls(httpContext);
        await EndStoredAsync(httpContext).ConfigureAwait(false);
        var now = _services.Now;
        var (id, record) = Make(ticket, userId, now);
        var created = await calls.CreateAsync(record, _settings.Cap, cancellationToken).ConfigureAwait(false);
        switch (created.Status)
        {
            case SessionCreationStatus.Created:
                break;
            case SessionCreationStatus.CapReached:
                throw new SessionCapReachedException();
            default:
                throw new SessionStoreException("The store says of a new id that it exists already. Look at the machine's random source.");
        }

        tickets.Stored = record;
        AnsweredSession.NoteIn(httpContext, record.Key);
        _services.Telemetry.Began(record.Key, record.State);
        foreach (var ended in created.Ended)
        {
            _services.Telemetry.Ended(ended, EndedReason.Cap);
        }

        if (record.Fields.TryGetValue(SecurityStampField.Name, out var stamp))
        {
            await SecurityStamps.EndOutdatedAsync(source.Store, _services, httpContext, userId, stamp, record.Key).ConfigureAwait(false);
        }

        return id;
    }

    public Task RenewAsync(string key, AuthenticationTicket ticket) => RenewAsync(key, ticket, CancellationToken.None);

    public Task RenewAsync(string key, AuthenticationTicket ticket, CancellationToken cancellationToken) => RenewAsync(key, ticket, new DefaultHttpContext(), cancellationToken);

    public async Task RenewAsync(string key, AuthenticationTicket ticket, HttpContext httpContext, CancellationToken cancellationToken)
    {
        if (await FindAsync(key, httpContext, anew: false, cancellationToken).ConfigureAwait(false) is not { } record)
        {
            AuthenticationLog.TicketNotRenewed(_services.Telemetry.Log);
            return;
        }

        if (UserIds.Of(ticket.Principal, options.UserIdClaimType, nameof(SactTicketStoreOptions), scheme) != record.UserId)
        {
            throw new InvalidOperationException($"A ticket of scheme '{scheme}' is renewed for another user than it was made for. To change who the user is, call SignOutAsync before SignInAsync.");
        }

        var fields = Fields(ticket, record.Key);
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
                AuthenticationLog.TicketNotRenewed(_services.Telemetry.Log);
                break;
            case SessionUpdateStatus.TooLarge:
                throw TooLarge();
        }
    }

    public Task<AuthenticationTicket?> RetrieveAsync(string key) => RetrieveAsync(key, CancellationToken.None);

    public Task<AuthenticationTicket?> RetrieveAsync(string key, CancellationToken cancellationToken) => RetrieveAsync(key, new DefaultHttpContext(), cancellationToken);

    public async Task<AuthenticationTicket?> RetrieveAsync(string key, HttpContext httpContext, CancellationToken cancellationToken)
    {
        var tickets = TicketsOfRequest.Of(httpContext, this);
        if (await FindAsync(key, httpContext, anew: !tickets.SigningIn, cancellationToken).ConfigureAwait(false) is not { } record)
        {
            return null;
        }

        if (tickets.SigningIn)
        {
            await EndAsync(record, httpContext, EndedReason.Replaced).ConfigureAwait(false);
            return null;
        }

        if (Open(record) is not { } ticket)
        {
            AuthenticationLog.TicketUnreadable(_services.Telemetry.Log, record.Key);
            await EndAsync(record, httpContext, EndedReason.SignedOut).ConfigureAwait(false);
            return null;
        }

        if (await NoteSeenAsync(record, httpContext, cancellationToken).ConfigureAwait(false) is not { } noted)
        {
            return null;
        }

        tickets.Verified = noted;
        AnsweredSession.Mark(httpContext, ticket.Properties, noted);
        return ticket;
    }

    public Task RemoveAsync(string key) => RemoveAsync(key, CancellationToken.None);

    public Task RemoveAsync(string key, CancellationToken cancellationToken) => RemoveAsync(key, new DefaultHttpContext(), cancellationToken);

    public async Task RemoveAsync(string key, HttpContext httpContext, CancellationToken cancellationToken)
    {
        // The client's disconnect does not keep a session alive that was to end.
        if (await FindAsync(key, httpContext, anew: false, CancellationToken.None).ConfigureAwait(false) is { } record)
        {
            await EndAsync(record, httpContext, EndedReason.SignedOut).ConfigureAwait(false);
        }
    }

    /// <summary>Ends the ticket that was stored in this request, whose cookie has not been seen yet.</summary>
    public async Task EndStoredAsync(HttpContext httpContext)
    {
        if (TicketsOfRequest.Of(httpContext, this).Stored is { } stored)
        {
            await EndAsync(stored, httpContext, EndedReason.Replaced).ConfigureAwait(false);
        }
    }

    /// <summary>The ticket could not be renewed on the way out; it stays as it is, and the next request tries again.</summary>
    public void TellNotRenewed(SessionStoreException fault, HttpContext httpContext)
    {
        if (TicketsOfRequest.Of(httpContext, this).Verified is { } record)
        {
            AuthenticationLog.PrincipalNotKept(_services.Telemetry.Log, record.Key, fault);
        }
    }

    private StoreClient Calls(HttpContext context) => new(source.Store, _services, context);

    private (string Id, SessionRecord Record) Make(AuthenticationTicket ticket, string userId, DateTimeOffset now)
    {
        string id = source.Store.CreateSessionId(userId);
        if (!TicketSecret.TryOf(id, out var secret))
        {
            throw new InvalidOperationException("The store's CreateSessionId does not make ids of 56 base64url characters. Derive the store from GenericStore.");
        }

        var key = source.Store.GetSessionKey(id);
        var terms = SessionTerms.Of(
            SchemeLifetimes.Of(ticket.Properties, answered: null, ticket.Properties.ExpiresUtc - now ?? _settings.SignInTerms.Lifetimes.IdleTimeout, slidingExpiration, now, _settings, expiryIsAbsolute: false),
            _settings.SignInTerms,
            nameof(ticket));
        var fields = Fields(ticket, key);
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

    private async ValueTask<SessionRecord?> FindAsync(string key, HttpContext context, bool anew, CancellationToken cancellationToken)
    {
        if (!TicketSecret.TryOf(key, out var secret))
        {
            return null;
        }

        var sessionKey = source.Store.GetSessionKey(key);
        if (!anew && TicketsOfRequest.Of(context, this).Verified is { } verified && verified.Key == sessionKey && secret.IsOf(verified))
        {
            return verified;
        }

        var record = await Calls(context).GetAsync(sessionKey, endsWithRequest: anew, cancellationToken).ConfigureAwait(false);
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

    private async ValueTask EndAsync(SessionRecord record, HttpContext context, string reason)
    {
        var tickets = TicketsOfRequest.Of(context, this);
        if (await Calls(context).DeleteAsync(record, CancellationToken.None).ConfigureAwait(false))
        {
            _services.Telemetry.Ended(record.Key, reason);
        }

        tickets.Stored = tickets.Stored?.Key == record.Key ? null : tickets.Stored;
        tickets.Verified = tickets.Verified?.Key == record.Key ? null : tickets.Verified;
    }

    /// <summary>Notes that the ticket was seen, if due; null if it has ended since it was read.</summary>
    private async ValueTask<SessionRecord?> NoteSeenAsync(SessionRecord record, HttpContext context, CancellationToken cancellationToken)
    {
        var now = _services.Now;
        if (!_settings.IsTouchDue(record, now))
        {
            return record;
        }

        try
        {
            var outcome = await Calls(context).UpdateAsync(record, new SessionChange { Touch = new SessionTouch(now) }, cancellationToken).ConfigureAwait(false);
            return outcome.Status == SessionUpdateStatus.Gone ? null : outcome.Record ?? record;
        }
        catch (SessionStoreException fault)
        {
            _services.Telemetry.TouchFailed(record.Key, fault);
            return record;
        }
    }

    private SessionFields Fields(AuthenticationTicket ticket, SessionKey key)
    {
        string sealedTicket = Convert.ToBase64String(Protector(key).Protect(TicketSerializer.Default.Serialize(ticket)));
        var fields = new List<KeyValuePair<string, ReadOnlyMemory<byte>>> { new(Ticket, Encoding.ASCII.GetBytes($"\"{sealedTicket}\"")) };
        if (SecurityStampField.Of(ticket.Principal, options.SecurityStampClaimType) is { } stamp)
        {
            fields.Add(new(SecurityStampField.Name, stamp));
        }

        return SessionFields.Create(fields);
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Whatever is wrong with what was kept, nobody is signed in by it.")]
    private AuthenticationTicket? Open(SessionRecord record)
    {
        try
        {
            return record.Fields.TryGetValue(Ticket, out var json)
                ? TicketSerializer.Default.Deserialize(Protector(record.Key).Unprotect(Convert.FromBase64String(Encoding.ASCII.GetString(json.Span[1..^1]))))
                : null;
        }
        catch (Exception)
        {
            return null;
        }
    }

    // Bound to scheme and key: what is moved to another record cannot be opened there.
    private IDataProtector Protector(SessionKey key) => protection.CreateProtector("Sact.Session.Ticket.v1", scheme, key.ToString());

    private ArgumentException TooLarge() =>
        new($"The ticket would have more than MaxRecordBytes ({_settings.MaxRecordBytes}). Sign in with fewer claims or tokens, or raise SactSessionOptions.MaxRecordBytes.", "ticket");
}
