using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// The tickets of one scheme in a request. The framework's handler remembers the first key that it saw, and would renew that ticket even
/// after a sign-out.
/// </summary>
internal sealed class TicketsOfRequest
{
    private readonly Dictionary<SactTicketStore, TicketsOfRequest> _all;

    private TicketsOfRequest(Dictionary<SactTicketStore, TicketsOfRequest> all) => _all = all;

    /// <summary>Whether a sign-in is running. It ends the ticket that was presented and creates a new one.</summary>
    public bool SigningIn { get; set; }

    /// <summary>Whether the handler is about to send the cookie of the renewed ticket. It must not do so if the ticket has ended.</summary>
    public bool SendsCookie { get; set; }

    /// <summary>The ticket that this request has stored; null if there is none.</summary>
    public SessionRecord? Stored { get; set; }

    /// <summary>The ticket that this request has verified; null if there is none. Its renewal needs no second read.</summary>
    public SessionRecord? Verified { get; set; }

    public static TicketsOfRequest Of(HttpContext context, SactTicketStore store)
    {
        var all = context.Features.Get<TicketsOfRequest>()?._all;
        if (all is null)
        {
            all = [];
            context.Features.Set(new TicketsOfRequest(all));
        }

        if (!all.TryGetValue(store, out var tickets))
        {
            all.Add(store, tickets = new TicketsOfRequest(all));
        }

        return tickets;
    }
}
