using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Sact.Session;

/// <summary>Reads connection strings. No message repeats any part of one, because it may hold a password.</summary>
internal static class PostgreSqlConnectionString
{
    private const string Setting = "Set PostgreSqlStoreOptions.ConnectionString, such as \"Host=db;Database=app;Username=app\"";

    // Shorter than the default StoreTimeout, so that the fault of the store arrives first. It names the address and the cause.
    private const int TimeoutInSeconds = 4;

    // How long Npgsql leaves out one of several hosts that was down. Its default is longer than a recovery may take.
    private const int HostRecheckInSeconds = 2;

    /// <summary>Reads the connection string of a store and adds what every connection of a store needs.</summary>
    /// <exception cref="ArgumentException">The string is missing or malformed.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string? connectionString)
    {
        if (string.IsNullOrWhiteSpace(connectionString))
        {
            throw new ArgumentException($"The PostgreSQL store has no server. {Setting}, or set PostgreSqlStoreOptions.DataSource.");
        }

        int scheme = connectionString.IndexOf("://", StringComparison.Ordinal);
        if (scheme > 0 && !connectionString[..scheme].Contains('=', StringComparison.Ordinal))
        {
            throw new ArgumentException($"The PostgreSQL connection string is a URL, which Npgsql does not read. {Setting}.");
        }

        try
        {
            var parts = new NpgsqlConnectionStringBuilder(connectionString);

            // The application's transaction must neither commit nor roll back a session.
            parts.Enlist = false;

            // With these, exceptions quote rows and parameters, and so user ids.
            parts.IncludeErrorDetail = false;
            parts.IncludeFailedBatchedCommand = false;
            if (parts.Host?.Contains(',', StringComparison.Ordinal) == true)
            {
                parts.TargetSessionAttributes ??= "primary";
                parts.HostRecheckSeconds = parts.ShouldSerialize("Host Recheck Seconds") ? parts.HostRecheckSeconds : HostRecheckInSeconds;
            }

            // A batch leaves only prepared statements in the server's session, so there is nothing to reset. A reset takes as long as a
            // prepared read.
            // A transaction that an error left open is rolled back even so.
            parts.NoResetOnClose = !parts.ShouldSerialize("No Reset On Close") || parts.NoResetOnClose;
            parts.Timeout = parts.ShouldSerialize("Timeout") ? parts.Timeout : TimeoutInSeconds;
            return parts;
        }
        catch (Exception fault) when (
            fault is ArgumentException or FormatException or InvalidOperationException or NotSupportedException or OverflowException)
        {
            throw Malformed();
        }
    }

    /// <summary>What to throw for a string that Npgsql refuses. Npgsql's own message may repeat a password.</summary>
    public static ArgumentException Malformed() => new(
        "The PostgreSQL connection string is malformed: a keyword is unknown, or a value is not valid. "
        + $"Separate its parts with ';', and put a value that has a ';' or a '=' between double quotes. {Setting}.");

    /// <summary>Throws if no connection string was given, and says where a missing one usually comes from.</summary>
    /// <exception cref="ArgumentException">The string is null, empty or white space.</exception>
    public static void ThrowIfMissing(string? connectionString, string parameter)
    {
        if (string.IsNullOrWhiteSpace(connectionString))
        {
            string message = $"UsePostgreSql was called with a connection string that is {(connectionString is null ? "null" : "empty")}. "
                + "If it comes from configuration.GetConnectionString(name), check the name: the result is null for a name that "
                + "ConnectionStrings lacks. Pass a string such as \"Host=db;Database=app;Username=app\".";
            throw connectionString is null ? new ArgumentNullException(parameter, message) : new ArgumentException(message, parameter);
        }
    }

    /// <summary>The server as faults and events name it: host and port, or several.</summary>
    public static string AddressOf(NpgsqlConnectionStringBuilder parts) =>
        string.Join(", ", (parts.Host ?? "localhost").Split(',').Select(host => AddressOf(host.Trim(), parts.Port)));

    private static string AddressOf(string host, int port)
    {
        if (host.StartsWith('/') || host.StartsWith('@'))
        {
            // The folder of a Unix socket.
            return host;
        }

        bool isAddress = IPAddress.TryParse(host, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6;
        bool hasPort = isAddress ? host.Contains("]:", StringComparison.Ordinal) : host.Contains(':', StringComparison.Ordinal);
        return hasPort ? host : string.Create(CultureInfo.InvariantCulture, $"{(isAddress ? $"[{address}]" : host)}:{port}");
    }
}
