using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>What a request has done with the tickets of one scheme. The framework's handler remembers the first key it saw and would renew that one, even after a sign-out.</summary>
internal sealed class TicketsOfRequest
{
    private readonly Dictionary<SactTicketStore, TicketsOfRequest> _all;

    private TicketsOfRequest(Dictionary<SactTicketStore, TicketsOfRequest> all) => _all = all;

    /// <summary>Whether a sign-in is under way: the ticket that was presented then ends, and a new one begins.</summary>
    public bool SigningIn { get; set; }

    /// <summary>The ticket that was stored in this request.</summary>
    public SessionRecord? Stored { get; set; }

    /// <summary>The ticket that was verified in this request, so that renewing it needs no second read.</summary>
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
