using System.Data.Common;
using Microsoft.EntityFrameworkCore.Storage;

namespace Sact.Session;

/// <summary>
/// Says what a fault of Entity Framework Core or of its provider means. No message carries what the provider's may quote: a value, a
/// password or a user id.
/// </summary>
internal static class EntityFrameworkFaults
{
    private const string SeeLog =
        "The message of the provider is withheld, because it may quote data. The log category Microsoft.EntityFrameworkCore has it.";

    public static SessionStoreException Refused(string context, Exception fault, bool outcomeUnknown) => new(
        $"The database of the context {context} did not {(outcomeUnknown ? "acknowledge a write" : "answer")} for sessions: "
        + $"{CauseOf(fault)} {SeeLog}",
        null,
        outcomeUnknown);

    /// <summary>
    /// Whether a write that failed in this way may have happened. An error with an SQLSTATE is the server's answer that it has not, unless
    /// it is about the connection or the commit.
    /// </summary>
    public static bool MayHaveHappened(Exception fault) =>
        Find<DbException>(fault)?.SqlState is not { Length: 5 } state || IsAboutConnection(state) || state == "40003";

    /// <summary>Whether a table or a column is missing (SQLSTATE class 42).</summary>
    public static bool IsAboutTables(Exception fault) => Find<DbException>(fault)?.SqlState is ['4', '2', ..];

    /// <summary>What a fault of the database is: its type and its numbers, and nothing of its message.</summary>
    public static string CauseOf(Exception fault)
    {
        if (Find<DbException>(fault) is { } error)
        {
            string state = error.SqlState is { } known ? $"SQLSTATE {known}" : $"code {error.ErrorCode}";
            return $"{error.GetType().Name}, {state}.";
        }

        return fault switch
        {
            RetryLimitExceededException => "it failed in every attempt.",
            OperationCanceledException => "the call was cancelled while a write ran, and nothing confirms whether the write has happened.",
            _ => $"{(fault.InnerException ?? fault).GetType().Name}.",
        };
    }

    private static T? Find<T>(Exception? fault)
        where T : Exception => fault switch
        {
            null => null,
            T found => found,
            AggregateException many => many.InnerExceptions.Select(Find<T>).FirstOrDefault(found => found is not null),
            _ => Find<T>(fault.InnerException),
        };

    private static bool IsAboutConnection(string state) =>
        state.StartsWith("08", StringComparison.Ordinal) || state.StartsWith("57P", StringComparison.Ordinal);
}
