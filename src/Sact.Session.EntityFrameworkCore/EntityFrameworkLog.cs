using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>The events of the store. They carry no session id, no value, no password and no user id.</summary>
internal static partial class EntityFrameworkLog
{
    [LoggerMessage(302, LogLevel.Warning, "The clocks of this machine and of the database server differ by more than the skew margin. "
        + "No expired session is deleted until they agree again.")]
    public static partial void ClocksDiffer(ILogger logger);

    [LoggerMessage(303, LogLevel.Warning, "The database of the context {Context} does not answer, so the tables of the sessions were not "
        + "checked at the start. The first call that reaches the database checks them.")]
    public static partial void NotChecked(ILogger logger, string context, Exception fault);
}
