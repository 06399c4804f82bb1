using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Sact.Session;

/// <summary>
/// The prefix that a store gets if the application chooses none. It differs between applications, because an application must not accept
/// the sessions of another one over the same database.
/// </summary>
internal static class StorePrefix
{
    private const int HashLength = 8;

    /// <summary>The prefix of a registration; null for an application without a name, such as one that is built without a host.</summary>
    /// <param name="services">The services of the application.</param>
    /// <param name="registration">The name of the registration; empty for the unnamed one.</param>
    public static string? Of(IServiceProvider services, string registration)
    {
        string? application = services.GetService<IHostEnvironment>()?.ApplicationName;
        return string.IsNullOrEmpty(application) ? null
            : registration.Length == 0 ? Map(application)

            // With a hash in any case: an application may be named "shop.admin", and another one "shop" with a registration "admin".
            : Hashed($"{application}.{registration}", $"{application}\0{registration}");
    }

    /// <summary>A prefix and the name of a registration, as one prefix.</summary>
    public static string Extend(string prefix, string registration)
    {
        string extended = $"{prefix}.{registration.ToLowerInvariant()}";
        return SessionKey.IsValidPrefix(extended) ? extended : Hashed($"{prefix}.{registration}", $"{prefix}\0{registration}");
    }

    // A name that is no prefix loses something, so the hash tells it from others that lose the same.
    private static string Map(string name) => SessionKey.IsValidPrefix(name) ? name : Hashed(name, name);

    private static string Hashed(string visible, string whole)
    {
        var mapped = new StringBuilder(SessionKey.MaxPrefixLength);
        foreach (char c in visible.AsSpan(0, Math.Min(visible.Length, SessionKey.MaxPrefixLength - HashLength - 1)))
        {
            char lower = char.ToLowerInvariant(c);
            mapped.Append(SessionKey.IsValidPrefix(lower.ToString()) ? lower : '_');
        }

        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(whole));
        return mapped.Append('-').Append(Convert.ToHexStringLower(hash.AsSpan(0, HashLength / 2))).ToString();
    }
}
