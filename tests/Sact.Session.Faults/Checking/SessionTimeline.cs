namespace Sact.Session.Faults;

/// <summary>All that a history has of one session.</summary>
internal sealed class SessionTimeline(Operation signIn, Durability durability)
{
    // RenewalGrace is 30 seconds, and the browser's times enclose those of the server.
    private const long Grace = 25_000_000;

    private readonly List<Operation> _renewals = [];
    private List<Operation> _ends = [];

    public string Key => SignIn.NewKey!;

    public Operation SignIn { get; } = signIn;

    public string User => SignIn.User;

    public bool IsAcknowledged { get; } = durability.IsAcknowledged(signIn);

    /// <summary>The operations with a cookie of the session.</summary>
    public List<Operation> Operations { get; } = [];

    /// <summary>When the first operation began that may have ended the session.</summary>
    public long FirstPossibleEnd { get; private set; } = long.MaxValue;

    /// <summary>Takes what was done with the cookie, and what the user's other sessions did to all of them.</summary>
    public void Complete(IReadOnlyList<Operation> endsOfTheUser)
    {
        _renewals.AddRange(Operations.Where(
            operation => operation.Verb == Verb.Renew || operation is { Verb: Verb.EndOthers, Immediately: true }));
        foreach (var end in Operations.Where(operation => operation.Verb is Verb.SignOut or Verb.SignIn or Verb.EndAll))
        {
            NotePossible(end);
        }

        foreach (var end in endsOfTheUser.Where(end => end.Key != Key && durability.LatestEffect(end) >= SignIn.From))
        {
            NotePossible(end);
        }

        _ends =
        [
            .. Operations.Where(EndsOwn)
                .Concat(IsAcknowledged ? endsOfTheUser.Where(EndsTogether) : [])
                .OrderBy(end => end.Until),
        ];
    }

    /// <summary>The first end that was acknowledged before an operation began and is not lost; null for none.</summary>
    public Operation? EndBefore(Operation operation, Losses losses)
    {
        foreach (var end in _ends)
        {
            if (end.Until > operation.From)
            {
                return null;
            }

            if (!durability.MayUndo(end.Until, operation.Until))
            {
                return end;
            }

            losses.Ends.Add(end.Id);
        }

        return null;
    }

    /// <summary>Whether the cookie that an operation presented is valid for certain, as long as the session lives.</summary>
    public bool IsValid(Operation operation, Losses losses)
    {
        var issued = operation.Rotor == 0
            ? SignIn
            : _renewals.FirstOrDefault(renewal => renewal.NewKey == Key && renewal.NewRotor == operation.Rotor);
        if (issued is null)
        {
            return false;
        }

        if (operation.Rotor > 0 && !durability.IsAcknowledged(issued))
        {
            return false;
        }

        if (operation.Rotor > 0 && durability.MayLose(issued.Until, operation.Until))
        {
            losses.Renewals.Add(issued.Id);
            return false;
        }

        return _renewals.TrueForAll(
            renewal => renewal == issued || durability.HasNoEffect(renewal) || LeavesValid(renewal, issued, operation));
    }

    private bool LeavesValid(Operation renewal, Operation issued, Operation operation)
    {
        if (renewal.From >= operation.Until || (durability.IsAcknowledged(renewal) && renewal.Until <= issued.From))
        {
            return true;
        }

        if (renewal.Immediately)
        {
            return false;
        }

        // A newer id replaces the older one when it arrives for the first time, and after the grace.
        long arrived = renewal.NewKey == Key
            ? Operations.Where(later => later.Rotor == renewal.NewRotor).Select(later => later.From).DefaultIfEmpty(long.MaxValue).Min()
            : long.MaxValue;
        return arrived == long.MaxValue || arrived > operation.Until - Grace;
    }

    private void NotePossible(Operation end)
    {
        // A sign-in that failed may have ended the older session first. The end of many begins with a read, and fails half done after it.
        bool hasNoEffect = durability.HasNoEffect(end)
            && (end.Outcome == Outcome.Absent || end.Verb == Verb.SignOut || (end.Verb != Verb.SignIn && !end.Accepts));
        if (!hasNoEffect)
        {
            FirstPossibleEnd = Math.Min(FirstPossibleEnd, end.From);
        }
    }

    /// <summary>
    /// A sign-out or a new sign-in ends the session whose cookie it presents, if that cookie is valid: the operation has just read the
    /// session with it, or there is no newer one.
    /// </summary>
    private bool EndsOwn(Operation end) =>
        end.Verb is Verb.SignOut or Verb.SignIn
        && durability.IsAcknowledged(end)
        && (end.Accepts || (end.Rotor == 0 && _renewals.TrueForAll(renewal => renewal.From >= end.Until)));

    /// <summary>The end of many sessions ends each one that was acknowledged before it began.</summary>
    private bool EndsTogether(Operation end) =>
        end.Number > 0
        && (end.Verb == Verb.EndAll || end.Key != Key)
        && SignIn.Until <= end.From
        && durability.IsAcknowledged(end);
}
