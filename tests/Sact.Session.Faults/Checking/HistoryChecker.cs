namespace Sact.Session.Faults;

/// <summary>
/// Proves on a history that the promises hold: what was ended stays ended, what was acknowledged is there, and nobody sees what is
/// another's. An operation takes effect at some moment between its two times. One without an acknowledgement may take effect later, or
/// never.
/// </summary>
/// <param name="history">The history.</param>
/// <param name="recoveryLimit">How many seconds after a fault an operation may begin and still fail.</param>
public sealed class HistoryChecker(History history, double recoveryLimit = 5)
{
    private readonly Durability _durability = new(history.Faults);
    private readonly Dictionary<string, SessionTimeline> _sessions = [];
    private readonly CheckResult _result = new();
    private Dictionary<string, List<SessionTimeline>>? _ofUsers;

    public CheckResult Check()
    {
        CollectSessions();
        var updates = new UpdateRule(_durability, _result);
        foreach (var session in _sessions.Values)
        {
            foreach (var operation in session.Operations)
            {
                CheckAccepted(session, operation);
                CheckAbsent(session, operation);
            }

            updates.Check(session);
        }

        foreach (var operation in history.Operations)
        {
            CheckKind(operation);
            CheckList(operation);
        }

        new RecoveryRule(history, recoveryLimit, _result).Check();
        return _result;
    }

    private void CollectSessions()
    {
        foreach (var signIn in history.Operations.Where(operation => operation is { Verb: Verb.SignIn, NewKey: not null }))
        {
            _sessions.TryAdd(signIn.NewKey!, new SessionTimeline(signIn, _durability));
        }

        foreach (var operation in history.Operations)
        {
            if (operation.Key is { } key && _sessions.TryGetValue(key, out var session))
            {
                session.Operations.Add(operation);
            }
        }

        var ends = history.Operations.Where(operation => operation.Verb is Verb.EndOthers or Verb.EndAll).ToLookup(end => end.User);
        foreach (var user in _sessions.Values.GroupBy(session => session.User))
        {
            var endsOfTheUser = ends[user.Key].ToArray();
            foreach (var session in user)
            {
                session.Complete(endsOfTheUser);
            }
        }
    }

    private void CheckAccepted(SessionTimeline session, Operation operation)
    {
        bool isChanged = operation.Verb is Verb.Update or Verb.Increment or Verb.Renew && _durability.IsAcknowledged(operation);
        if ((operation.Accepts || isChanged) && session.EndBefore(operation, _result.Losses) is { } end)
        {
            _result.Add(Violation.AcceptedAfterEnd, operation, "ended by", end);
        }

        if (operation.SeenUser is { } user && user != session.User)
        {
            _result.Add(Violation.OtherUser, operation, $"which is {session.User}'s, was {user}'s");
        }

        if (operation.Seen is { } seen
            && (seen.GetValueOrDefault(SessionFieldNames.Owner) != session.User
                || seen.GetValueOrDefault(SessionFieldNames.SignIn) != SessionFieldNames.ValueOf(session.SignIn.Id)))
        {
            _result.Add(Violation.OtherUser, operation, "it showed the data of another sign-in than", session.SignIn);
        }
    }

    private void CheckAbsent(SessionTimeline session, Operation operation)
    {
        // A renewal that another one has overtaken answers false, and so does one with an id that only the grace keeps valid.
        if (operation.Outcome != Outcome.Absent
            || operation is { Verb: Verb.Renew, Accepts: true }
            || !session.IsAcknowledged
            || operation.From < session.SignIn.Until
            || session.FirstPossibleEnd < operation.Until
            || _durability.IsDoubtful(operation)
            || !session.IsValid(operation, _result.Losses))
        {
            return;
        }

        if (_durability.MayLose(session.SignIn.Until, operation.Until))
        {
            _result.Losses.SignIns.Add(session.SignIn.Id);
        }
        else
        {
            _result.Add(Violation.LostSignIn, session.SignIn, "was absent for", operation);
        }
    }

    private void CheckKind(Operation operation)
    {
        if (operation.Outcome == Outcome.Broken)
        {
            _result.Add(Violation.Broken, operation);
        }
    }

    private void CheckList(Operation list)
    {
        if (list.Listed is not { } listed)
        {
            return;
        }

        foreach (var device in listed)
        {
            var session = _sessions.GetValueOrDefault(device.Key);
            if (device.User != list.User || (device.Owner ?? list.User) != list.User || (session?.User ?? list.User) != list.User)
            {
                _result.Add(Violation.OtherUser, list, $"it lists {device.Key} of {device.User}, whose data is {device.Owner}'s");
            }

            if (session?.EndBefore(list, _result.Losses) is { } end)
            {
                _result.Add(Violation.AcceptedAfterEnd, list, $"it lists {device.Key}", "ended by", end);
            }
        }

        if (!_durability.IsAcknowledged(list))
        {
            return;
        }

        var keys = listed.Select(device => device.Key).ToHashSet();
        foreach (var session in SessionsOf(list.User))
        {
            if (session.IsAcknowledged
                && session.SignIn.Until <= list.From
                && session.FirstPossibleEnd >= list.Until
                && !session.Operations.Any(operation => operation.Immediately && operation.From < list.Until)
                && !keys.Contains(session.Key))
            {
                CountMissing(session, list);
            }
        }
    }

    private void CountMissing(SessionTimeline session, Operation list)
    {
        if (_durability.MayLose(session.SignIn.Until, list.Until))
        {
            _result.Losses.SignIns.Add(session.SignIn.Id);
        }
        else
        {
            _result.Add(Violation.IncompleteList, list, "it lacks", session.SignIn);
        }
    }

    private List<SessionTimeline> SessionsOf(string user)
    {
        _ofUsers ??= _sessions.Values.GroupBy(session => session.User).ToDictionary(group => group.Key, group => group.ToList());
        return _ofUsers.TryGetValue(user, out var sessions) ? sessions : [];
    }
}
