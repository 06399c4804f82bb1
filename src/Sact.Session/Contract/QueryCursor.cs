using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Sact.Session.Stores;

/// <summary>
/// The cursor between two pages: a position, and a checksum over it, the prefix and the conditions. A cursor of another query or of
/// another registration would silently find the wrong sessions, so it is refused.
/// </summary>
/// <remarks>The checksum is no signature. Whoever can forge a cursor may read every session anyway.</remarks>
internal static class QueryCursor
{
    private const int ChecksumBytes = 8;
    private const int MostBytes = 256;

    /// <summary>Writes a cursor; null for the end of the search.</summary>
    public static string? Write(string prefix, SessionQuery query, byte[]? position) =>
        position is null ? null : Base64Url.EncodeToString([.. Checksum(prefix, query, position), .. position]);

    /// <summary>Reads the position out of the cursor of a query; null for the first page.</summary>
    /// <exception cref="ArgumentException">The query breaks a rule, or the cursor is not one of this query.</exception>
    public static byte[]? Read(string prefix, SessionQuery query)
    {
        if (SessionQuery.Validate(query) is { } broken)
        {
            throw new ArgumentException(broken, nameof(query));
        }

        if (query.After is not { } cursor)
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[MostBytes];
        if (cursor.Length <= Base64Url.GetEncodedLength(MostBytes)
            && Base64Url.IsValid(cursor)
            && Base64Url.TryDecodeFromChars(cursor, bytes, out int length)
            && length > ChecksumBytes)
        {
            byte[] position = bytes[ChecksumBytes..length].ToArray();
            if (bytes[..ChecksumBytes].SequenceEqual(Checksum(prefix, query, position)))
            {
                return position;
            }
        }

        throw Refused();
    }

    /// <summary>The refusal of a cursor that this query never had.</summary>
    public static ArgumentException Refused() => new(
        "SessionQuery.After is no cursor of this query. A cursor continues only the query, and the session registration, that it came "
        + "from. Begin with the first page again.",
        "query");

    private static byte[] Checksum(string prefix, SessionQuery query, byte[] position)
    {
        string[] conditions =
        [
            prefix,
            query.UserId ?? "",
            query.State?.ToString() ?? "",
            query.Address ?? "",
            query.UserAgent ?? "",
            Time(query.CreatedFrom),
            Time(query.CreatedBefore),
            Time(query.LastSeenFrom),
            Time(query.LastSeenBefore),
        ];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (string condition in conditions)
        {
            // With its length, so that two conditions never add up to two others.
            byte[] bytes = Encoding.UTF8.GetBytes(condition);
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        hash.AppendData(position);
        return hash.GetHashAndReset()[..ChecksumBytes];
    }

    private static string Time(DateTimeOffset? time) =>
        time is { } value ? value.UtcTicks.ToString(CultureInfo.InvariantCulture) : "";
}
