using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using StackExchange.Redis;

namespace Sact.Session;

/// <summary>Why there is no connection to a server: what happened, and what an operator can do about it. It holds no password.</summary>
/// <param name="What">What happened, such as "connection refused".</param>
/// <param name="Remedy">What to do.</param>
/// <param name="Exception">The client's exception, if there is one.</param>
internal sealed record RedisCause(string What, string Remedy, Exception? Exception = null)
{
    private const string Server = "Check that the server runs, and the host and the port in RedisStoreOptions.Configuration.";
    private const string Tls =
        "Check that the server offers TLS on this port and has a valid certificate, "
        + "and check ssl or rediss:// in RedisStoreOptions.Configuration.";

    /// <summary>Nothing is known but that no connection came about in time.</summary>
    public static RedisCause NoAnswerYet(bool tls) =>
        tls ? new("time-out, no TLS connection was made", Tls) : new("time-out, no connection was made", Server);

    /// <summary>The servers are connected, and none of them takes writes.</summary>
    public static RedisCause NoMaster { get; } = new(
        "no connected server is the master of the key",
        "Look whether the master runs, and name all servers in RedisStoreOptions.Configuration, so that a failover can be followed.");

    /// <summary>An attempt of the client's that failed.</summary>
    public static RedisCause Of(ConnectionAttemptCompletedEventArgs attempt, bool hasPassword) => attempt switch
    {
        { Exception: { } fault } when Known(fault, hasPassword) is { } known => known,
        { FailureType: ConnectionFailureType.SocketClosed or ConnectionFailureType.SocketFailure } =>
            new("the connection was closed", Server, attempt.Exception),
        { Stage: ConnectionAttemptStage.Tls } => new("the TLS handshake failed", Tls, attempt.Exception),
        { Stage: ConnectionAttemptStage.Handshake } =>
            new("time-out, the server accepts connections and does not answer", Server, attempt.Exception),
        { Stage: ConnectionAttemptStage.Connect } => new("time-out, nothing answers at this address", Server, attempt.Exception),
        { Exception: { } fault } => Of(fault, hasPassword),
        _ => NoAnswerYet(tls: false),
    };

    /// <summary>What an exception of the client's says.</summary>
    public static RedisCause Of(Exception fault, bool hasPassword) =>
        Known(fault, hasPassword) ?? new RedisCause(Chain(fault).OfType<RedisConnectionException>().LastOrDefault()?.FailureType switch
        {
            ConnectionFailureType.SocketClosed or ConnectionFailureType.SocketFailure => "the connection was closed",
            ConnectionFailureType.ProtocolFailure => "the server does not answer as Redis does",
            ConnectionFailureType.Loading => "LOADING, the server is still loading its data",
            ConnectionFailureType.AuthenticationFailure => "the server refuses the credentials",
            _ => "there is no connection",
        }, Server, fault);

    private static RedisCause? Known(Exception fault, bool hasPassword)
    {
        foreach (var exception in Chain(fault))
        {
            bool Says(string word) => exception.Message.Contains(word, StringComparison.Ordinal);
            switch (exception)
            {
                // A client that was refused goes on without a password, and reports the refusal of the next command.
                case not null when Says("WRONGPASS") || (Says("NOAUTH") && hasPassword):
                    return new(
                        "WRONGPASS, the server refuses the user name or the password",
                        "Set the right ones in RedisStoreOptions.Configuration.",
                        fault);
                case not null when Says("NOAUTH"):
                    return new("NOAUTH, the server requires a password", "Set it in RedisStoreOptions.Configuration.", fault);
                case not null when Says("LOADING"):
                    return new("LOADING, the server is still loading its data", "Wait until it has.", fault);
                case not null when Says("NOPERM"):
                    return new("NOPERM, the user may not run the commands that a client connects with", "Grant it +@connection.", fault);
                case SocketException socket:
                    return OfSocket(socket, fault);
                case AuthenticationException:
                    return new("the TLS handshake failed", Tls, fault);
            }
        }

        return null;
    }

    private static RedisCause OfSocket(SocketException socket, Exception fault) => socket.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => new("connection refused", Server, fault),
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain or SocketError.NoRecovery =>
            new("name not found, the host name cannot be resolved", "Check the host in RedisStoreOptions.Configuration.", fault),
        SocketError.TimedOut => new("time-out, nothing answers at this address", Server, fault),
        SocketError.HostUnreachable or SocketError.NetworkUnreachable => new("the address is unreachable", Server, fault),
        SocketError.ConnectionReset or SocketError.ConnectionAborted => new("the connection was closed", Server, fault),
        var other => new($"socket error {other}", Server, fault),
    };

    private static IEnumerable<Exception> Chain(Exception fault)
    {
        for (Exception? next = fault; next is not null;)
        {
            yield return next;
            next = next is AggregateException many ? many.InnerExceptions[^1] : next.InnerException;
        }
    }
}
