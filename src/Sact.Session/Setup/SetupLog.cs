using Microsoft.Extensions.Logging;

namespace Sact.Session;

/// <summary>The log events of the start. They name no connection: a connection string holds a password.</summary>
internal static partial class SetupLog
{
    [LoggerMessage(
        27, LogLevel.Information,
        "The {Registration} session registration uses {Store} with the prefix {Prefix} and the cookie {Cookie}.")]
    public static partial void Started(ILogger logger, string registration, string store, string prefix, string cookie);

    [LoggerMessage(38, LogLevel.Information, "The {Registration} session registration follows the profile {Profile}: {Sheet}")]
    public static partial void FollowsProfile(ILogger logger, string registration, SessionProfile profile, string sheet);

    [LoggerMessage(
        28, LogLevel.Warning,
        "The {Registration} session registration keeps signed-in users in the memory of this process. A restart signs everybody out, and "
        + "another node does not know them. Choose a store: builder.Services.AddSactSession().UseSqlite(…) for one machine, "
        + "UsePostgreSql(…) or UseRedis(…) for several.")]
    public static partial void MemoryOutsideDevelopment(ILogger logger, string registration);
}
