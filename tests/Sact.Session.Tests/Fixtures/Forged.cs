using System.Buffers.Text;
using System.Security.Cryptography;

namespace Sact.Session.Tests;

/// <summary>Invented ids, made from an issued one: 18 bytes of key part, 6 of lineage, 18 of rotor.</summary>
internal static class Forged
{
    /// <summary>The right key, with everything else invented. An attacker who has read a key in a log can make it.</summary>
    public static string Lineage(string id) => Invent(id, 18..42);

    /// <summary>The right key and rotor, with an invented lineage.</summary>
    public static string LineageOnly(string id) => Invent(id, 18..24);

    /// <summary>The right key and lineage, with an invented rotor. The id was never valid.</summary>
    public static string Rotor(string id) => Invent(id, 24..42);

    private static string Invent(string id, Range part)
    {
        byte[] bytes = Base64Url.DecodeFromChars(id);
        RandomNumberGenerator.Fill(bytes.AsSpan(part));
        return Base64Url.EncodeToString(bytes);
    }
}
