using System.Security.Cryptography;

namespace Sact.Session;

/// <summary>
/// The hashes of a ticket's id. A ticket's id has the format of a session id, and its key part names the record. The rest is hashed once
/// more before the comparison. So a ticket's id is invalid as a session cookie, and a session cookie is invalid as a ticket's id.
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

    /// <returns>False if the string does not have the format of a ticket's id.</returns>
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
