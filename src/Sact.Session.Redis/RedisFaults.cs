using StackExchange.Redis;

namespace Sact.Session;

/// <summary>What Redis's errors mean to an operator. No end point, key or password in it.</summary>
internal static class RedisFaults
{
    private const string Password = "the server refuses the password. Set it in RedisStoreOptions.Configuration.";

    public static bool Is(Exception fault) => fault is RedisException or RedisCommandException or RedisTimeoutException or TimeoutException or ObjectDisposedException;

    public static SessionStoreException Wrap(Exception fault, bool write) => new($"Redis could not answer: {Tell(fault)}", fault, write && MayHaveHappened(fault));

    /// <summary>A write was done, and whether replicas have it could not be found out.</summary>
    public static SessionStoreException Unconfirmed(Exception fault) => new($"Redis could not say whether replicas have a write: {Tell(fault)}", fault, outcomeUnknown: true);

    public static bool IsWrongType(SessionStoreException fault) => Answers(fault, "WRONGTYPE");

    /// <summary>The server is a master no more, and has done nothing.</summary>
    public static bool IsDeposed(RedisServerException fault) => fault.Message.StartsWith("READONLY", StringComparison.Ordinal);

    /// <summary>There was no connection to send the command over.</summary>
    public static bool WasNeverSent(RedisConnectionException fault) =>
        fault.CommandStatus is CommandStatus.WaitingToBeSent or CommandStatus.WaitingInBacklog
        || fault.FailureType is ConnectionFailureType.UnableToConnect or ConnectionFailureType.UnableToResolvePhysicalConnection or ConnectionFailureType.AuthenticationFailure;

    /// <summary>The server has not got the script, and has done nothing.</summary>
    public static bool IsUnknownScript(SessionStoreException fault) => Answers(fault, "NOSCRIPT");

    /// <summary>The keys of a slot are on their way between nodes, or have just arrived, and nothing was done.</summary>
    public static bool IsOnTheMove(SessionStoreException fault) =>
        Answers(fault, "TRYAGAIN") || (fault is { OutcomeUnknown: false, InnerException: RedisServerException server } && (server.Message.StartsWith("MOVED ", StringComparison.Ordinal) || server.Message.StartsWith("ASK ", StringComparison.Ordinal)));

    /// <summary>A node refused the command because its slot is elsewhere, and to there the client has no connection yet: nothing was done. The client has no type of fault for it.</summary>
    public static bool LeadsNowhereYet(RedisConnectionException fault) => fault.Message.Contains("serving hashslot", StringComparison.Ordinal);

    private static bool Answers(SessionStoreException fault, string word) => fault is { OutcomeUnknown: false, InnerException: RedisServerException server } && server.Message.Contains(word, StringComparison.Ordinal);

    /// <summary>An answer of the server's is a refusal; so is a command that never left.</summary>
    private static bool MayHaveHappened(Exception fault) => fault switch
    {
        RedisServerException or RedisCommandException or ObjectDisposedException => false,
        RedisTimeoutException timeout => timeout.Commandstatus != CommandStatus.WaitingToBeSent && timeout.Commandstatus != CommandStatus.WaitingInBacklog,
        RedisConnectionException connection => !WasNeverSent(connection),
        _ => true,
    };

    private static string Tell(Exception fault)
    {
        string text = fault.Message;
        bool Says(string word) => text.Contains(word, StringComparison.Ordinal);
        return fault switch
        {
            RedisServerException when Says("READONLY") => "READONLY: the server is a replica now, and no master is known. Name all servers in RedisStoreOptions.Configuration, so that a failover can be followed.",
            RedisServerException when Says("NOREPLICAS") => "NOREPLICAS: the server has fewer replicas than its min-replicas-to-write asks for, and takes no writes. Look at the replicas.",
            RedisServerException when Says("OOM") => "OOM: the server's memory is full. Raise maxmemory.",
            RedisServerException when Says("LOADING") => "LOADING: the server is still loading its data. Wait.",
            RedisServerException when Says("CLUSTERDOWN") => "CLUSTERDOWN: a part of the cluster has no master. Look at CLUSTER INFO.",
            RedisServerException when Says("TRYAGAIN") => "TRYAGAIN: the cluster is moving the keys of this user from one node to another, and takes long over it. Try again; look at CLUSTER NODES if a slot is stuck half-way.",
            RedisServerException when Says("NOPERM") => "NOPERM: the user may not run this command or touch these keys. Grant it hashes, sorted sets, scripts and SCAN on the prefix.",
            RedisServerException when Says("NOAUTH") || Says("WRONGPASS") => Password,
            RedisServerException when Says("WRONGTYPE") => "WRONGTYPE: something else stands under a key of this prefix. Set GenericStoreOptions.Prefix to one that is free.",
            RedisServerException when Says("MISCONF") => "MISCONF: the server cannot save to its disk and takes no writes. Look at the server's log.",
            RedisServerException => "the server refused a command; its answer is in the inner exception.",
            RedisCommandException => "the client refuses to send a command; why is in the inner exception.",
            RedisTimeoutException => "the time-out passed.",
            RedisConnectionException connection when connection.FailureType == ConnectionFailureType.AuthenticationFailure => Password,
            RedisConnectionException => "there is no connection. Look whether the server runs and at RedisStoreOptions.Configuration.",
            ObjectDisposedException => "the connection has been disposed of.",
            _ => fault.GetType().Name + ".",
        };
    }
}
