using System.Net;
using StackExchange.Redis;

namespace Sact.Session;

/// <summary>
/// Reads <see cref="RedisStoreOptions.Configuration"/>: a URL, or a string of StackExchange.Redis. No message repeats a part of it,
/// because a part in the wrong place may be the password; only the name of an option that StackExchange.Redis knows is repeated.
/// </summary>
internal static class RedisConnectionString
{
    private const string Examples = "\"localhost:6379,password=...\" or \"redis://user:password@host:6379/0\"";

    public const string Missing =
        "The Redis store has no connection string. Set RedisStoreOptions.Configuration, such as \"localhost:6379\", "
        + "or RedisStoreOptions.Connection. GetConnectionString(name) returns null where ConnectionStrings has no such name.";

    /// <exception cref="ArgumentException">The string is missing or malformed. The message says why.</exception>
    public static ConfigurationOptions Parse(string? configuration)
    {
        if (string.IsNullOrWhiteSpace(configuration))
        {
            throw new ArgumentException(Missing);
        }

        try
        {
            string trimmed = configuration.Trim();
            return RedisUrl.Is(trimmed) ? Prepare(RedisUrl.Parse(trimmed), []) : ParseParts(trimmed.Split(','));
        }
        catch (FormatException fault)
        {
            // Not as the inner exception: one message is enough, and this one holds nothing of the string.
            throw new ArgumentException(
                $"The Redis connection string is malformed. {fault.Message} Set RedisStoreOptions.Configuration, such as {Examples}.");
        }
    }

    /// <summary>Letters, digits, hyphens, dots and underscores, which container names have.</summary>
    public static bool IsHostName(string host) =>
        host.Length > 0 && host.All(static c => char.IsLetterOrDigit(c) || c is '-' or '.' or '_');

    private static ConfigurationOptions ParseParts(string[] parts)
    {
        for (int i = 0; i < parts.Length; i++)
        {
            Check(parts[i].Trim(), $"part {i + 1} of {parts.Length} (commas separate the parts)");
        }

        var options = ConfigurationOptions.Parse(string.Join(',', parts));
        return options.EndPoints.Count > 0 ? Prepare(options, parts) : throw new FormatException("It names no server.");
    }

    /// <summary>Parses one part alone, so that the message can say which one is wrong.</summary>
    private static void Check(string part, string where)
    {
        try
        {
            var endPoints = ConfigurationOptions.Parse(part).EndPoints;
            if (!part.Contains('=', StringComparison.Ordinal) && !(IsAddress(part) && endPoints.All(IsPlausible)))
            {
                throw new FormatException($"In {where} the host name or the port is not valid. An @ and :// belong to a URL, "
                    + "which begins with redis:// or rediss:// and is the whole string.");
            }
        }
        catch (ArgumentOutOfRangeException fault)
        {
            // StackExchange.Redis gives the name of the option here, which is one that it knows.
            throw new FormatException($"In {where} the value of the option '{fault.ParamName}' is not valid.");
        }
        catch (ArgumentException)
        {
            throw new FormatException($"In {where} the name of the option is unknown.");
        }
    }

    // The client marks the path of a Unix socket with an exclamation mark.
    private static bool IsAddress(string part) =>
        part.StartsWith('!') || part.All(static c => char.IsLetterOrDigit(c) || "-._:[]%".Contains(c));

    private static bool IsPlausible(EndPoint endPoint) => endPoint is not DnsEndPoint name || IsHostName(name.Host);

    /// <summary>The settings that make an outage short; those that the string sets stay.</summary>
    private static ConfigurationOptions Prepare(ConfigurationOptions options, string[] parts)
    {
        bool Sets(string name) => parts.Any(part => part.Split('=')[0].Trim().Equals(name, StringComparison.OrdinalIgnoreCase));

        // The application starts while Redis is down, and the connection comes when Redis does.
        options.AbortOnConnectFail = false;

        // A command is not kept until a connection is there: the caller would wait for its time-out each time.
        options.BacklogPolicy = BacklogPolicy.FailFast;

        // The client looks once a second whether it is time.
        options.ReconnectRetryPolicy = new LinearRetry((int)TimeSpan.FromSeconds(0.5).TotalMilliseconds);
        if (!Sets("connectRetry"))
        {
            options.ConnectRetry = 1;
        }

        if (!Sets("connectTimeout"))
        {
            // An attempt that gets no answer is given up in time for another one within the five seconds that a recovery may take.
            options.ConnectTimeout = (int)TimeSpan.FromSeconds(2).TotalMilliseconds;
        }

        if (!Sets("keepAlive"))
        {
            // The client also gives up an unanswered handshake after this time, which is a minute by default.
            options.KeepAlive = 2;
        }

        // An address in a message is then complete.
        options.SetDefaultPorts();
        return options;
    }
}
