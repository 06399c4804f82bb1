using StackExchange.Redis;

namespace Sact.Session;

/// <summary>
/// What the errors of Redis mean to an operator. No key, password or user id is in a message; the address of the server is.
/// </summary>
internal static class RedisFaults
{
    public static bool Is(Exception fault) =>
        fault is RedisException or RedisCommandException or RedisTimeoutException or TimeoutException or ObjectDisposedException;

    public static SessionStoreException Wrap(Exception fault, bool write, string address) =>
        new($"Redis at {address} could not answer: {Explain(fault)}", fault, write && MayHaveHappened(fault));

    /// <summary>A write was done, and whether replicas have it is not known.</summary>
    public static SessionStoreException Unconfirmed(Exception fault, string address) =>
        new($"Redis at {address} did a write and could not confirm that replicas have it: {Explain(fault)}", fault, outcomeUnknown: true);

    public static bool IsWrongType(SessionStoreException fault) => Answers(fault, "WRONGTYPE");

    /// <summary>The server is no longer a master, and has done nothing.</summary>
    public static bool IsDeposed(RedisServerException fault) => fault.Message.StartsWith("READONLY", StringComparison.Ordinal);

    /// <summary>There was no connection to send the command over.</summary>
    public static bool WasNeverSent(RedisConnectionException fault) =>
        fault.CommandStatus is CommandStatus.WaitingToBeSent or CommandStatus.WaitingInBacklog
        || fault.FailureType is ConnectionFailureType.UnableToConnect
            or ConnectionFailureType.UnableToResolvePhysicalConnection
            or ConnectionFailureType.AuthenticationFailure;

    /// <summary>The server does not have the script, and has done nothing.</summary>
    public static bool IsUnknownScript(SessionStoreException fault) => Answers(fault, "NOSCRIPT");

    /// <summary>The keys of a slot move between nodes, or have just moved, and nothing was done.</summary>
    public static bool IsOnTheMove(SessionStoreException fault) =>
        Answers(fault, "TRYAGAIN")
        || (fault is { OutcomeUnknown: false, InnerException: RedisServerException server }
            && (server.Message.StartsWith("MOVED ", StringComparison.Ordinal)
                || server.Message.StartsWith("ASK ", StringComparison.Ordinal)));

    /// <summary>
    /// A node refused the command because its slot is on a node to which the client has no connection yet: nothing was done. The client
    /// has no type of exception for it.
    /// </summary>
    public static bool LeadsNowhereYet(RedisConnectionException fault) =>
        fault.Message.Contains("serving hashslot", StringComparison.Ordinal);

    private static bool Answers(SessionStoreException fault, string word) =>
        fault is { OutcomeUnknown: false, InnerException: RedisServerException server }
        && server.Message.Contains(word, StringComparison.Ordinal);

    /// <summary>An error that the server answers with is a refusal, and so is a command that was never sent.</summary>
    private static bool MayHaveHappened(Exception fault) => fault switch
    {
        RedisServerException or RedisCommandException or ObjectDisposedException => false,
        RedisTimeoutException timeout => timeout.Commandstatus is not (CommandStatus.WaitingToBeSent or CommandStatus.WaitingInBacklog),
        RedisConnectionException connection => !WasNeverSent(connection),
        _ => true,
    };

    private static string Explain(Exception fault) => fault switch
    {
        RedisServerException => ExplainAnswer(fault.Message),
        RedisCommandException => "the client refuses to send a command. The inner exception says why.",
        RedisTimeoutException =>
            "time-out, no answer came within the client's asyncTimeout. Look at the load of the server and at the network.",
        RedisConnectionException connection when LeadsNowhereYet(connection) =>
            "the node of the cluster that has this slot is not reachable. Look at CLUSTER NODES.",
        RedisConnectionException connection => ExplainConnection(RedisCause.Of(connection, hasPassword: false)),
        ObjectDisposedException => "the connection has been disposed of.",
        _ => fault.GetType().Name + ".",
    };

    private static string ExplainConnection(RedisCause cause) => $"{cause.What}. {cause.Remedy}";

    private static string ExplainAnswer(string answer)
    {
        bool Says(string word) => answer.Contains(word, StringComparison.Ordinal);
        return Says("READONLY") ? "READONLY, the server is a replica now, and no master is known. "
                + "Name all servers in RedisStoreOptions.Configuration, so that a failover can be followed."
            : Says("NOREPLICAS") ? "NOREPLICAS, the server has fewer replicas than its min-replicas-to-write, and takes no writes. "
                + "Look at the replicas."
            : Says("OOM") ? "OOM, the memory of the server is full. Raise maxmemory."
            : Says("LOADING") ? "LOADING, the server is still loading its data. Wait until it has."
            : Says("CLUSTERDOWN") ? "CLUSTERDOWN, a part of the cluster has no master. Look at CLUSTER INFO."
            : Says("TRYAGAIN") ? "TRYAGAIN, the cluster is moving the keys of this user from one node to another, and has not finished. "
                + "Try again. If a slot stays half-way, CLUSTER NODES shows it."
            : Says("NOPERM") ? "NOPERM, the user may not run this command or use these keys. "
                + "Grant it GET, SET, SETEX, DEL, EXISTS, PTTL, EXPIRE, PEXPIRE, SCAN, sorted sets and scripts on the keys of the prefix."
            : Says("WRONGPASS") || Says("NOAUTH") ? "the server requires another password. Set it in RedisStoreOptions.Configuration."
            : Says("WRONGTYPE") ? "WRONGTYPE, something else is stored under a key of this prefix. "
                + "Set GenericStoreOptions.Prefix to one that is free."
            : Says("MISCONF") ? "MISCONF, the server cannot save to its disk and takes no writes. Look at the log of the server."
            : "the server refused a command. The inner exception has its answer.";
    }
}
