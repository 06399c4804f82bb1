namespace Sact.Session.Stores.Tests.Interleavings;

/// <summary>What the store calls of a scene did to one session.</summary>
internal sealed class Ends
{
    private readonly KnownSession _session;
    private readonly List<StoreCall> _ends;
    private readonly List<StoreCall> _replacements;

    public Ends(KnownSession session, IReadOnlyList<StoreCall> calls)
    {
        _session = session;
        _ends = [.. calls.Where(Concerns)];
        _replacements = [.. calls.Where(call => call.Key == session.Key && call.IsReplacement)];
        foreach (var end in _ends)
        {
            // An end of all spares what began after it, so it is certain only for what was there before.
            if (end.IsAnswered && (end.Kind == CallKind.End || session.Acknowledged < end.Began || session.Acknowledged == 0))
            {
                First = Math.Min(First, end.Ended);
            }
        }
    }

    /// <summary>The step after which no request that begins may be accepted; <see cref="int.MaxValue"/> if nothing ended it.</summary>
    public int First { get; } = int.MaxValue;

    /// <summary>Whether it may have ended at the end of a step.</summary>
    public bool MayHaveEndedBy(int step) => _ends.Exists(end => end.Began <= step);

    public bool MayHaveEndedBy(int step, Func<StoreCall, bool> which) => _ends.Exists(end => end.Began <= step && which(end));

    /// <summary>Whether another id may have replaced a cookie at once, until a step.</summary>
    public bool MayHaveReplaced(KnownCookie cookie, int step) =>
        _replacements.Exists(call => call.Began <= step && call.Ended >= cookie.Sent && !IsIssuer(call, cookie));

    /// <summary>Whether another id had replaced a cookie at once before a step.</summary>
    public bool HasReplaced(KnownCookie cookie, int step) =>
        _replacements.Exists(call => call.Ended < step && call.Began > cookie.Sent && !IsIssuer(call, cookie));

    private bool Concerns(StoreCall call) => call.Kind switch
    {
        CallKind.End => call.Key == _session.Key,
        CallKind.EndUser => call.UserId == _session.UserId && call.Except != _session.Key && _session.Began <= call.Ended,
        _ => false,
    };

    private static bool IsIssuer(StoreCall call, KnownCookie cookie) => call.Actor is not null && call.Actor == cookie.Sender;
}
