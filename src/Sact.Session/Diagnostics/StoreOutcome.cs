namespace Sact.Session;

/// <summary>How a call of a store ended; the label <c>outcome</c> of <c>sact.session.store.duration</c>.</summary>
internal static class StoreOutcome
{
    public const string Ok = "ok";
    public const string Fault = "fault";
    public const string Timeout = "timeout";
    public const string Cancelled = "cancelled";

    public static string Of(Exception? fault) => fault switch
    {
        null => Ok,
        OperationCanceledException => Cancelled,
        _ when IsTimeout(fault) => Timeout,
        _ => Fault,
    };

    // Clients report their time-outs as inner exceptions, some of them deep inside.
    private static bool IsTimeout(Exception? fault)
    {
        for (var cause = fault; cause is not null; cause = cause.InnerException)
        {
            if (cause is TimeoutException)
            {
                return true;
            }
        }

        return false;
    }
}
