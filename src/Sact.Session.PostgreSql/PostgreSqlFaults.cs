using Npgsql;

namespace Sact.Session;

/// <summary>What PostgreSQL's and Npgsql's faults mean to an operator. No password in it; the server's own message is in the inner exception.</summary>
internal static class PostgreSqlFaults
{
    public static SessionStoreException NotConnected(Exception fault) => new(
        "No connection to PostgreSQL for sessions: " + fault switch
        {
            PostgresException { SqlState: "28P01" or "28000" } => "the server refuses user or password. Look at the user name and password of PostgreSqlStoreOptions.ConnectionString (or DataSource).",
            PostgresException { SqlState: "3D000" } => "there is no such database. Create it, or set another Database in PostgreSqlStoreOptions.ConnectionString (or DataSource).",
            PostgresException { SqlState: "53300" } => "the server has too many connections. Lower Maximum Pool Size in PostgreSqlStoreOptions.ConnectionString (or DataSource), or raise max_connections.",
            PostgresException { SqlState: "57P03" } => "the server is starting or shutting down.",
            PostgresException refusal => $"the server refuses with {refusal.SqlState}. Look at PostgreSqlStoreOptions.ConnectionString (or DataSource).",
            { InnerException: TimeoutException } or TimeoutException =>
                "none was to be had within its Timeout. Either the server does not answer, or all connections are in use: look at Host, Timeout and Maximum Pool Size of PostgreSqlStoreOptions.ConnectionString (or DataSource).",
            _ => "the server cannot be reached. Look at Host and Port of PostgreSqlStoreOptions.ConnectionString (or DataSource), and whether the server runs.",
        },
        fault);

    public static SessionStoreException Refused(Exception fault, bool write) => new(
        (write ? "PostgreSQL did not acknowledge a write of a session: " : "PostgreSQL did not answer a read of a session: ") + fault switch
        {
            PostgresException { SqlState: "25006" } => Standby,
            PostgresException { SqlState: "42P01" or "3F000" } => "the table is gone. Let the store make it (PostgreSqlStoreOptions.CreateSchema), or make it as the package's README says.",
            PostgresException { SqlState: "42501" } => "the user lacks rights. Grant SELECT, INSERT, UPDATE and DELETE on the table, and for PostgreSqlStoreOptions.CreateSchema the right to create it.",
            PostgresException { SqlState: "53100" } => "the server's disk is full. Make room.",
            PostgresException { SqlState: "40001" or "40P01" } => "it collided with others again and again.",
            PostgresException { SqlState: "57014" } => "it was cancelled by the server's statement_timeout, or by an operator.",
            PostgresException refusal => $"error {refusal.SqlState}.",
            { InnerException: TimeoutException } => "no answer came within the Command Timeout of PostgreSqlStoreOptions.ConnectionString (or DataSource).",
            _ => "the connection broke.",
        },
        fault,
        outcomeUnknown: write && MayHaveHappened(fault));

    public const string Standby =
        "the connection leads to a standby or a read-only server, which knows nothing of the latest sign-outs. Let Host of PostgreSqlStoreOptions.ConnectionString (or DataSource) lead to the primary: "
        + "with several hosts add Target Session Attributes=primary; default_transaction_read_only must be off.";

    /// <summary>A collision that rolled everything back, so that it may be tried again.</summary>
    public static bool IsCollision(Exception fault) => fault is PostgresException { SqlState: "40001" or "40P01" };

    /// <summary>Whether the connection was lost before an answer came. After a restart of the server every pooled connection is in this state.</summary>
    public static bool IsBroken(Exception fault) => fault is PostgresException server
        ? server.SqlState.StartsWith("57P", StringComparison.Ordinal) || server.SqlState.StartsWith("08", StringComparison.Ordinal)
        : fault is NpgsqlException { InnerException: not TimeoutException } or IOException;

    // COMMIT goes out with the statements it commits. An error that the server reports came before it, unless it is about the connection's own end or the commit itself.
    private static bool MayHaveHappened(Exception fault) => fault is not PostgresException { SqlState: not "40003" } || IsBroken(fault);
}
