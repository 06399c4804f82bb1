using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using StackExchange.Redis;

namespace Sact.Session;

/// <summary>
/// Reads <c>redis://[user:password@]host[:port][/database]</c>, and <c>rediss://</c> for TLS. No message repeats a part of the URL,
/// because a part in the wrong place may be the password.
/// </summary>
internal static class RedisUrl
{
    private const int DefaultPort = 6379;
    private const string SchemeEnd = "://";
    private const string Form = "The form is redis://[user:password@]host[:port][/database].";
    private const string Escaping = "A character such as : / ? # [ ] @ % in the user name or the password must be percent-encoded.";

    private static readonly SearchValues<char> s_schemeCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-.");

    // Bytes that are not UTF-8 must not silently become another password than the one that was written.
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Whether the string is a URL of any scheme.</summary>
    public static bool Is(string configuration) =>
        configuration.IndexOf(SchemeEnd, StringComparison.Ordinal) is > 0 and var end
        && !configuration.AsSpan(0, end).ContainsAnyExcept(s_schemeCharacters);

    /// <exception cref="FormatException">The URL is malformed. The message says why.</exception>
    public static ConfigurationOptions Parse(string url)
    {
        int end = url.IndexOf(SchemeEnd, StringComparison.Ordinal);
        bool tls = url[..end].Equals("rediss", StringComparison.OrdinalIgnoreCase);
        if (!tls && !url[..end].Equals("redis", StringComparison.OrdinalIgnoreCase))
        {
            throw new FormatException("The scheme of the URL is neither redis nor rediss.");
        }

        string rest = url[(end + SchemeEnd.Length)..];
        if (rest.IndexOfAny(['?', '#']) >= 0)
        {
            throw new FormatException($"Options after ? and fragments after # are not supported. {Form} {Escaping} "
                + "For options use the form of StackExchange.Redis: host:port,user=...,password=...,option=value.");
        }

        string[] parts = rest.Split('/', 2);
        int at = parts[0].LastIndexOf('@');
        if (at < 0 && rest.Contains('@', StringComparison.Ordinal))
        {
            throw new FormatException($"The @ of the URL follows a slash. {Form} {Escaping}");
        }

        var options = new ConfigurationOptions { Ssl = tls };
        if (at >= 0)
        {
            (options.User, options.Password) = Credentials(parts[0][..at]);
        }

        var (host, port) = Address(parts[0][(at + 1)..]);
        options.EndPoints.Add(host, port);
        if (parts is [_, { Length: > 0 } database])
        {
            options.DefaultDatabase = int.TryParse(database, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                ? number
                : throw new FormatException($"What follows the host is not the number of a database. {Form}");
        }

        return options;
    }

    private static (string? User, string Password) Credentials(string text)
    {
        // Clients differ over what a name without a colon is: redis-cli takes it for the password, others for the user.
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            throw new FormatException(
                "Before the @ there is no colon, so that it may be a user name or a password. "
                + "Write redis://user:password@host or redis://:password@host.");
        }

        string user = Decode(text[..colon]), password = Decode(text[(colon + 1)..]);
        return password.Length == 0
            ? throw new FormatException("The password before the @ is empty. Write redis://user:password@host or redis://host.")
            : (user.Length == 0 ? null : user, password);
    }

    private static (string Host, int Port) Address(string text)
    {
        if (text.Contains(',', StringComparison.Ordinal))
        {
            throw new FormatException("There is a comma behind the host: a URL names one server and has no options. "
                + "For several servers or for options use the form of StackExchange.Redis: host:port,host:port,password=...,option=value.");
        }

        string host, port;
        if (text.StartsWith('['))
        {
            int close = text.IndexOf(']', StringComparison.Ordinal);
            host = close < 0 ? "" : text[1..close];
            port = close < 0 ? "" : text[(close + 1)..];
            if (!IPAddress.TryParse(host, out var address) || address.AddressFamily != AddressFamily.InterNetworkV6)
            {
                throw new FormatException("Between brackets there is no IPv6 address, such as redis://[::1]:6379.");
            }
        }
        else
        {
            int colon = text.IndexOf(':', StringComparison.Ordinal);
            host = colon < 0 ? text : text[..colon];
            port = colon < 0 ? "" : text[colon..];
            if (port.LastIndexOf(':') > 0)
            {
                throw new FormatException(
                    $"There are several colons behind the @. An IPv6 address needs brackets, such as redis://[::1]:6379. {Escaping}");
            }

            if (!RedisConnectionString.IsHostName(host))
            {
                throw new FormatException($"The URL has no valid host name. {Form}");
            }
        }

        if (port.Length == 0)
        {
            return (host, DefaultPort);
        }

        return port[0] == ':'
            && ushort.TryParse(port.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort number)
            && number > 0
            ? (host, number)
            : throw new FormatException($"The port is not a number from 1 to 65535. {Form} {Escaping}");
    }

    /// <summary>Takes percent-encoding off, strictly: a half-encoded password would be refused by the server without a hint why.</summary>
    private static string Decode(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        int length = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            byte value = bytes[i];
            if (value == '%')
            {
                if (i + 2 >= bytes.Length
                    || !byte.TryParse(bytes.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value))
                {
                    throw new FormatException($"A percent sign is not followed by two hexadecimal digits. {Escaping}");
                }

                i += 2;
            }

            bytes[length++] = value;
        }

        try
        {
            return s_strict.GetString(bytes, 0, length);
        }
        catch (DecoderFallbackException)
        {
            // Not as the inner exception: its message shows bytes of the password.
            throw new FormatException($"The percent-encoded bytes are not UTF-8. {Escaping}");
        }
    }
}
