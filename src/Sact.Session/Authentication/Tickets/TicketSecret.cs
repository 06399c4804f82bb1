using System.Security.Cryptography;

namespace Sact.Session;

/// <summary>
/// A ticket's id looks like a session's and names its record, but its secret is hashed once more before it is compared. So an id out of a ticket is worth nothing as a session cookie, and a session cookie
/// nothing as a ticket: to each, the other's is an invented secret under a known key.
/// </summary>
internal readonly struct TicketSecret
{
    private TicketSecret(SecretHash lineage, SecretHash whole)
    {
        Lineage = lineage;
        Whole = whole;
    }

    public SecretHash Lineage { get; }

    public SecretHash Whole { get; }

    /// <summary>False for a text that no ticket's id can be.</summary>
    public static bool TryOf(string? ticketId, out TicketSecret secret)
    {
        Span<byte> id = stackalloc byte[SessionIdFormat.ByteLength];
        if (ticketId is null || !SessionIdFormat.TryDecode(ticketId, id))
        {
            secret = default;
            return false;
        }

        Span<byte> input = stackalloc byte[64];
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        var purpose = "Sact.Session.Ticket.v1"u8;
        purpose.CopyTo(input);
        id.CopyTo(input[purpose.Length..]);
        SHA256.HashData(input, digest);
        digest[..(SessionIdFormat.ByteLength - SessionIdFormat.KeyPartBytes)].CopyTo(id[SessionIdFormat.KeyPartBytes..]);
        secret = new TicketSecret(SessionIdFormat.HashOfLineage(id), SessionIdFormat.HashOfId(id));
        return true;
    }

    public bool IsOf(SessionRecord record) => record.LineageHash == Lineage && record.CurrentHash == Whole;
}
