using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Sact.Session.Stores.Tests.Fuzzing;

/// <summary>A cursor that only an administrator with the source code makes: its checksum fits any place.</summary>
internal static class ForgedCursor
{
    public static string Of(string prefix, SessionQuery query, byte[] position)
    {
        string[] conditions =
        [
            prefix, query.UserId ?? "", query.State?.ToString() ?? "", "", "", Time(query.CreatedFrom), Time(query.CreatedBefore), "", "",
        ];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] length = new byte[sizeof(int)];
        foreach (byte[] bytes in conditions.Select(Encoding.UTF8.GetBytes))
        {
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        hash.AppendData(position);
        return Base64Url.EncodeToString([.. hash.GetHashAndReset()[..8], .. position]);

        static string Time(DateTimeOffset? time) => time?.UtcTicks.ToString(CultureInfo.InvariantCulture) ?? "";
    }
}
