using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;
using Npgsql;

namespace Sact.Session;

/// <summary>
/// Says what the faults of PostgreSQL and Npgsql mean: what happened, where, and what to do. No message and no inner exception carries a
/// password, a parameter or a user id.
/// </summary>
internal sealed class PostgreSqlFaults(string address)
{
    private const string Setting = "PostgreSqlStoreOptions.ConnectionString (or DataSource)";

    public const string Standby =
        $"the connection leads to a standby or a read-only server, which does not know the latest sign-outs. Let Host of {Setting} lead to "
        + "the primary; with several hosts add Target Session Attributes=primary. default_transaction_read_only must be off.";

    private const string Withheld = "The message is withheld, because it may quote data. The log of the server has it.";

    // The classes of errors whose messages are about the system: connection, state, rights, names, collisions, resources, limits,
    // operators. Messages of other classes quote values.
    private static readonly HashSet<string> s_systemClasses = ["08", "25", "28", "3D", "3F", "40", "42", "53", "54", "55", "57", "58"];

    /// <summary>Host and port.</summary>
    public string Address => address;

    private string NoConnection => $"No connection to PostgreSQL at {address} for sessions: ";

    public SessionStoreException NotConnected(Exception fault) => new(NoConnection + CauseOf(fault), WithoutData(fault));

    public SessionStoreException Refused(Exception fault, bool write) => new(
        $"PostgreSQL at {address} did not {(write ? "acknowledge a write" : "answer a read")} of a session: " + fault switch
        {
            PostgresException { SqlState: "25006" } => Standby,
            PostgresException { SqlState: "42P01" or "3F000" } =>
                "the table does not exist. Set PostgreSqlStoreOptions.CreateSchema, or create it as the README of the package says.",
            PostgresException { SqlState: "42501" } =>
                "the user lacks rights. Grant SELECT, INSERT, UPDATE and DELETE on the table. "
                + "PostgreSqlStoreOptions.CreateSchema needs the right to create it.",
            PostgresException { SqlState: "53100" } => "the disk of the server is full. Make room.",
            PostgresException { SqlState: "40001" or "40P01" } => "it collided with other transactions in every attempt. Try again later.",
            PostgresException { SqlState: "57014" } =>
                "the statement was cancelled, by statement_timeout or by an operator. Look for locks, or raise statement_timeout.",
            PostgresException { SqlState: "55P03" } =>
                "the statement waited for a lock longer than lock_timeout. Look for locks, or raise lock_timeout.",
            PostgresException refusal => $"it failed with error {refusal.SqlState}. Look it up in the log of the server.",
            { InnerException: TimeoutException } =>
                $"no answer arrived within Command Timeout. Look for locks and load, or raise Command Timeout in {Setting}.",
            _ => "the connection broke. Look at the server and the network.",
        },
        WithoutData(fault),
        outcomeUnknown: write && MayHaveHappened(fault));

    /// <summary>A write was cancelled while it ran, and the server did not confirm that it cancelled it.</summary>
    public SessionStoreException GivenUp() => new(
        $"A write of a session was cancelled, and PostgreSQL at {address} did not confirm whether it has happened. "
        + "Repeat a sign-in or a sign-out. Read the session before you repeat a change.",
        null,
        outcomeUnknown: true);

    public SessionStoreException TooManyWrites() => new(
        NoConnection + "too many writes wait already. Three quarters of the pool are for writes. "
        + $"Look for locks on the table, or raise Maximum Pool Size in {Setting}.");

    public SessionStoreException OnStandby() => new($"PostgreSQL at {address} did not answer a read of a session: {Standby}");

    public SessionStoreException Silent(TimeSpan waited) => new(NoConnection + string.Create(
        CultureInfo.InvariantCulture,
        $"the server does not answer. A call was given up after {waited.TotalSeconds:0.0} s. Look at its load and at the network."));

    /// <summary>The fault of a call that is not tried, because the server is down.</summary>
    public static SessionStoreException Down(SessionStoreException cause) =>
        new(cause.Message + " This call was not tried, because the server is down.", cause.InnerException);

    /// <summary>Whether it is a collision with another transaction, which rolled everything back, so that it may be tried again.</summary>
    public static bool IsCollision(Exception fault) => fault is PostgresException { SqlState: "40001" or "40P01" };

    /// <summary>
    /// Whether the connection was lost before an answer came. After a restart of the server this is so for every connection of the pool.
    /// </summary>
    public static bool IsBroken(Exception fault) => fault is PostgresException server
        ? server.SqlState.StartsWith("57P", StringComparison.Ordinal) || server.SqlState.StartsWith("08", StringComparison.Ordinal)
        : fault is NpgsqlException { InnerException: not TimeoutException } or IOException;

    /// <summary>Whether it is about the pool, all of whose connections are in use, and so not about the server.</summary>
    public static bool IsPoolExhausted(Exception fault) =>
        fault is NpgsqlException { InnerException: TimeoutException }
            && fault.Message.StartsWith("The connection pool", StringComparison.Ordinal);

    /// <summary>Whether nothing came back in time.</summary>
    public static bool IsTimeout(Exception? fault) => Find<TimeoutException>(fault) is not null;

    /// <summary>Whether the server cancelled the statement, so that nothing of its transaction has happened.</summary>
    public static bool IsCancelled(Exception? fault) => fault is PostgresException { SqlState: "57014" };

    /// <summary>
    /// The fault as an inner exception. An error of the server is copied without what may quote a row, a parameter or a user id: detail,
    /// hint, context and query. The message is kept only if it is about the system and has no context, because a context shows that a
    /// function of the database's owner wrote it.
    /// </summary>
    private static Exception WithoutData(Exception fault)
    {
        if (fault is not PostgresException error)
        {
            if (fault is NpgsqlException { BatchCommand: not null } withParameters)
            {
                withParameters.BatchCommand = null;
            }

            return fault;
        }

        bool isPlain = string.IsNullOrEmpty(error.Where);
        return new PostgresException(
            isPlain && s_systemClasses.Contains(error.SqlState[..2]) ? error.MessageText : Withheld,
            error.Severity,
            error.InvariantSeverity,
            error.SqlState,
            schemaName: isPlain ? error.SchemaName : null,
            tableName: isPlain ? error.TableName : null,
            columnName: isPlain ? error.ColumnName : null,
            constraintName: isPlain ? error.ConstraintName : null,
            file: error.File,
            line: error.Line,
            routine: error.Routine);
    }

    private string CauseOf(Exception fault) => fault switch
    {
        PostgresException { SqlState: "28P01" or "28000" } =>
            $"the server refuses the user or the password. Check Username and Password in {Setting}.",
        PostgresException { SqlState: "3D000" } => $"the database does not exist. Create it, or change Database in {Setting}.",
        PostgresException { SqlState: "53300" } =>
            $"the server has too many connections. Lower Maximum Pool Size in {Setting}, or raise max_connections of the server.",
        PostgresException { SqlState: "57P03" } => "the server is starting or shutting down. Wait, or look at its log.",
        PostgresException refusal => $"the server refuses with error {refusal.SqlState}. Check {Setting}.",
        _ when IsPoolExhausted(fault) =>
            $"all connections are in use, and none was free within Timeout. Raise Maximum Pool Size in {Setting}, or look for slow "
            + "statements.",
        { InnerException: TimeoutException } or TimeoutException =>
            $"the server does not answer within Timeout. Check Host, Port and Timeout in {Setting}, the server and the network.",
        _ => CauseOfNetwork(fault),
    };

    private string CauseOfNetwork(Exception fault) => Find<SocketException>(fault)?.SocketErrorCode switch
    {
        SocketError.ConnectionRefused =>
            $"the connection was refused, so nothing listens there. Start the server, or change Host and Port in {Setting}.",
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain =>
            $"the host name cannot be resolved. Check Host in {Setting}.",
        { } error => $"the network reports {error}. Check Host and Port in {Setting}, and the network.",
        null when Find<AuthenticationException>(fault) is not null || fault.Message.Contains("SSL", StringComparison.Ordinal) =>
            $"the connection could not be encrypted with TLS. Check Ssl Mode in {Setting}, and the certificates.",
        null when address.Contains(',', StringComparison.Ordinal) =>
            $"no host can be reached and is the primary. Check Host, Port and Target Session Attributes in {Setting}.",
        null => $"the server cannot be reached. Check Host and Port in {Setting}, and whether the server runs.",
    };

    private static T? Find<T>(Exception? fault)
        where T : Exception => fault switch
        {
            null => null,
            T found => found,
            AggregateException many => many.InnerExceptions.Select(Find<T>).FirstOrDefault(found => found is not null),
            _ => Find<T>(fault.InnerException),
        };

    // COMMIT is sent with the statements it commits. An error that the server reports came before it, unless it is about the connection
    // or the commit itself.
    private static bool MayHaveHappened(Exception fault) => fault is not PostgresException { SqlState: not "40003" } || IsBroken(fault);
}
