using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Sact.Session;

/// <summary>
/// Under what names and keys a store finds what a logout token means. They are hashes, so a dump of the store shows neither a session nor a
/// user of the provider.
/// </summary>
internal static class ProviderNames
{
    public static string AliasOfSession(string issuer, string clientId, string sid) => Alias("session", issuer, clientId, sid);

    public static string AliasOfSubject(string issuer, string clientId, string subject) => Alias("subject", issuer, clientId, subject);

    /// <summary>The hash of the note that the sessions of an alias were signed out.</summary>
    /// <param name="alias">The alias.</param>
    /// <param name="alone">Whether only those were signed out that have no other alias.</param>
    public static byte[] SignedOut(string alias, bool alone = false) => Hash(alone ? "signed out alone" : "signed out", alias);

    /// <summary>The hash of the note that a logout token was accepted.</summary>
    public static byte[] Accepted(string issuer, string clientId, string tokenId) => Hash("logout token", issuer, clientId, tokenId);

    private static string Alias(params ReadOnlySpan<string> parts) => UserIdRule.Reserved + Base64Url.EncodeToString(Hash(parts));

    // Each part with its length, so that no two lists of parts make the same bytes.
    private static byte[] Hash(params ReadOnlySpan<string> parts)
    {
        var input = new StringBuilder("Sact.Session.OpenIdConnect");
        foreach (string part in parts)
        {
            input.Append(CultureInfo.InvariantCulture, $"\0{part.Length}\0").Append(part);
        }

        return SHA256.HashData(Encoding.UTF8.GetBytes(input.ToString()));
    }
}
