using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;

namespace Sact.Session;

/// <summary>The field that holds the hash of the user's security stamp. A hash is enough to compare two stamps.</summary>
internal static class SecurityStampField
{
    public const string Name = "$stamp";

    /// <summary>The hash of a principal's security stamp; null without one.</summary>
    public static ReadOnlyMemory<byte>? Of(ClaimsPrincipal principal, string? claimType)
    {
        if (claimType is null || principal.FindFirst(claimType)?.Value is not { Length: > 0 } stamp)
        {
            return null;
        }

        return HashOf(stamp);
    }

    public static ReadOnlyMemory<byte> HashOf(string stamp) =>
        Encoding.ASCII.GetBytes($"\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(stamp)).AsSpan(0, 16))}\"");

    /// <summary>Whether a session was signed in under one of these stamps. A session without a stamp was not.</summary>
    public static bool IsOneOf(SessionRecord record, IReadOnlyList<ReadOnlyMemory<byte>> stamps) =>
        record.Fields.TryGetValue(Name, out var kept) && stamps.Any(stamp => kept.Span.SequenceEqual(stamp.Span));

    /// <summary>Whether a session was signed in under another stamp than all of these. A session without a stamp was not.</summary>
    public static bool Differs(SessionRecord record, IReadOnlyList<ReadOnlyMemory<byte>> stamps) =>
        record.Fields.Contains(Name) && !IsOneOf(record, stamps);
}
