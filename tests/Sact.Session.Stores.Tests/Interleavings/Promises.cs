namespace Sact.Session.Stores.Tests.Interleavings;

/// <summary>
/// Checks what a session promises on the history of a scene. "After" means that a request began in a later step than the other one was
/// answered in; of requests in one step nothing is claimed.
/// </summary>
internal sealed class Promises(Scene scene)
{
    private readonly Dictionary<SessionKey, Ends> _ends = scene.Sessions.ToDictionary(
        static session => session.Key, session => new Ends(session, scene.Calls));

    /// <summary>Gets what was broken, as a sentence; null if every promise was kept.</summary>
    public string? Broken() => scene.Visits.Select((visit, i) => OfVisit(visit, i)).FirstOrDefault(static broken => broken is not null)
        ?? scene.Calls.Select(OfCall).FirstOrDefault(static broken => broken is not null)
        ?? scene.Sessions.Select(OfSession).FirstOrDefault(static broken => broken is not null)
        ?? OfWriters()
        ?? OfLists();

    private Ends EndsOf(KnownSession session) => _ends[session.Key];

    private string? OfVisit(Visit visit, int number)
    {
        if (visit.Fault is { } fault)
        {
            return $"A request fails, and no store is down: {visit}: {fault.Message}";
        }

        if (visit.Verb is Verb.SignIn && visit.Sent is null)
        {
            return $"A sign-in sends no cookie: {visit}.";
        }

        return visit.Verb == Verb.BeginAnonymous ? OfAnonymous(visit)
            : visit.Cookie is null ? null
            : OfAcceptance(visit, visit.Cookie) ?? OfRefusal(visit, visit.Cookie, number) ?? OfData(visit, visit.Cookie.Session);
    }

    /// <summary>What must be refused is refused.</summary>
    private string? OfAcceptance(Visit visit, KnownCookie cookie)
    {
        if (!visit.ShowsAcceptance)
        {
            return null;
        }

        var ends = EndsOf(cookie.Session);
        if (cookie.Session.HasExpired)
        {
            return $"An expired session is accepted: {visit}.";
        }

        if (ends.First < visit.Began)
        {
            return $"A session is accepted after its acknowledged end in step {ends.First}: {visit}.";
        }

        if (ends.HasReplaced(cookie, visit.Began))
        {
            return $"An id is accepted that another one has replaced at once: {visit}.";
        }

        // Whatever became of the session, the one who signed out is signed out.
        return scene.Visits.FirstOrDefault(other => other.Cookie == cookie && other.IsAnswered && other.Ended < visit.Began
            && other.Verb is Verb.SignOut or Verb.EndAll or Verb.SignIn) is { } signedOut
            ? $"An id is accepted after {signedOut}: {visit}."
            : null;
    }

    /// <summary>What nothing has ended is accepted.</summary>
    private string? OfRefusal(Visit visit, KnownCookie cookie, int number)
    {
        var ends = EndsOf(cookie.Session);
        bool othersEnded = ends.MayHaveEndedBy(visit.Ended, call => call.Actor != visit.Actor);
        if (cookie.Session.HasExpired
            || cookie.Session.UserId is null
            || number >= scene.FirstLate
            || othersEnded
            || ends.MayHaveReplaced(cookie, visit.Ended))
        {
            return null;
        }

        bool isAccepted = visit.Verb switch
        {
            Verb.Read or Verb.Touch => visit.Data is not null && visit.State == SessionState.SignedIn,
            Verb.Update or Verb.CompareAndSwap or Verb.Renew => visit.Answer == true,
            Verb.Raise => visit.Answer == true || IsRenewed(cookie.Session, visit.Actor),
            Verb.SignOut or Verb.SignIn => Has(visit, CallKind.End),
            Verb.EndOthers => Has(visit, CallKind.EndUser),
            Verb.EndAll => Has(visit, CallKind.EndUser) && Has(visit, CallKind.End),
            _ => true,
        };
        return isAccepted ? null : $"A session that nothing has ended is refused: {visit}.";
    }

    private bool IsRenewed(KnownSession session, Actor? except) => scene.Calls.Any(call =>
        call.Key == session.Key && call.Actor != except && call is { IsApplied: true, Change.Renewal: not null });

    private bool Has(Visit visit, CallKind kind) =>
        scene.Calls.Any(call => call.Kind == kind && call.Actor == visit.Actor && call.IsAnswered);

    private string? OfData(Visit visit, KnownSession session)
    {
        if (visit.Data is not { } data)
        {
            return null;
        }

        if (visit.UserId != session.UserId || (visit.State == SessionState.SignedIn) != (session.UserId is not null))
        {
            return $"A read shows the user of another session: {visit}.";
        }

        if (data.GetValueOrDefault("who") != $"\"{session.Tag}\"")
        {
            return $"A read shows the data of another session: {visit}.";
        }

        foreach (var update in scene.Visits.Where(other => other.Verb == Verb.Update && other.Cookie?.Session == session))
        {
            string? value = data.GetValueOrDefault(update.Field);
            if (update.Answer == true && update.Ended < visit.Began && value != $"{update.Value}")
            {
                return $"An acknowledged update is lost: {update} before {visit}.";
            }
        }

        int known = 2 + data.Keys.Count(name => scene.Visits.Any(other => other.Field == name && other.Cookie?.Session == session));
        if (data.Count != known)
        {
            return $"A read shows fields that nobody wrote: {visit}: {string.Join(' ', data.Keys)}.";
        }

        var swaps = Swaps(session).Where(swap => swap.Ended < visit.Began).ToList();
        return data.GetValueOrDefault("n") is { } n && swaps.TrueForAll(swap => int.Parse(n, null) >= swap.Value)
            ? null
            : $"An acknowledged compare-and-swap is lost: {visit} shows {data.GetValueOrDefault("n")}.";
    }

    private string? OfAnonymous(Visit visit)
    {
        if (visit.Answer != (visit.Sent is not null))
        {
            return $"A cookie was sent without a session, or the other way round: {visit}.";
        }

        if (visit.Cookie is not { } cookie)
        {
            return visit.Answer == true ? null : $"No anonymous session begins, although there was none: {visit}.";
        }

        if (visit.Answer != true)
        {
            return null;
        }

        var ends = EndsOf(cookie.Session);
        if (!ends.MayHaveEndedBy(visit.Ended))
        {
            return $"An anonymous session begins in the place of a live one: {visit}.";
        }

        // The marker says that the session lives on, and the newer cookie must not be overwritten.
        return scene.LeavesMarkers
            && ends.MayHaveEndedBy(visit.Began - 1, static call => call.Reason == SessionEndReason.Replaced && call.IsAnswered)
            && !ends.MayHaveEndedBy(visit.Ended, static call => call.Reason != SessionEndReason.Replaced)
            ? $"An anonymous session begins in the place of one that a sign-in has replaced: {visit}."
            : null;
    }

    private string? OfCall(StoreCall call)
    {
        if (call.Key is { } key && _ends.TryGetValue(key, out var ends) && ends.First < call.Began)
        {
            if (call is { Kind: CallKind.Read, Record: not null })
            {
                return $"The store returns a session after its acknowledged end: {call}.";
            }

            if (call is { Kind: CallKind.Update, IsApplied: true })
            {
                return $"The store changes a session after its acknowledged end: {call}.";
            }
        }

        if (call.Actor is not { } actor)
        {
            return null;
        }

        if (call is { Kind: CallKind.Update, IsApplied: true, Cookie: { } cookie }
            && EndsOf(cookie.Session).HasReplaced(cookie, call.Began))
        {
            return $"A request changes a session with an id that another one has replaced at once: {call}.";
        }

        bool isOwn = call.Kind switch
        {
            CallKind.End => Own(actor).Any(session => session.Key == call.Key),
            CallKind.EndUser => Own(actor).Any(session => session.UserId == call.UserId && call.Except == session.Key),
            _ => true,
        };
        return isOwn ? null : $"A request ends what is not its own: {call}.";
    }

    private IEnumerable<KnownSession> Own(Actor actor) =>
        scene.Visits.Where(visit => visit.Actor == actor && visit.Cookie is not null).Select(static visit => visit.Cookie!.Session);

    private string? OfSession(KnownSession session)
    {
        if (Swaps(session).GroupBy(static swap => swap.Value).FirstOrDefault(static same => same.Count() > 1) is { } twice)
        {
            return $"Two compare-and-swaps won with the same value: {string.Join(" and ", twice)}.";
        }

        var final = scene.Visits.Skip(scene.FirstFinal).FirstOrDefault(visit => visit.Cookie?.Session == session && visit.Data is not null);
        int swapped = Swaps(session).Count();
        if (final is not null && final.Data!.GetValueOrDefault("n") != $"{swapped}")
        {
            return $"{swapped} compare-and-swaps were acknowledged, and {session.Tag} has {final.Data!.GetValueOrDefault("n")}.";
        }

        return OfRecord(session) ?? OfLateCookies(session);
    }

    private IEnumerable<Visit> Swaps(KnownSession session) =>
        scene.Visits.Where(visit => visit.Verb == Verb.CompareAndSwap && visit.Answer == true && visit.Cookie!.Session == session);

    private string? OfRecord(KnownSession session)
    {
        if (!scene.Records.TryGetValue(session.Key, out var record))
        {
            return null;
        }

        if (session.HasExpired)
        {
            return $"The store returns an expired session: {session.Tag}.";
        }

        long version = 0;
        int answered = -1;
        foreach (var call in scene.Calls.Where(call => call.Key == session.Key && call.IsApplied).OrderBy(static call => call.Ended))
        {
            if (call.Change!.Touch is { } touch && record.LastSeenAt < touch.SeenAt - touch.Interval)
            {
                return $"The touch of an acknowledged change is lost: {call}.";
            }

            if (call.Change.Raise is { } raise && record.AssuranceLevel < raise.Level)
            {
                return $"An acknowledged raise is lost: {call}.";
            }

            if (call.Began > answered && call.Record!.Version < version)
            {
                return $"The version of a session went backwards: {call}.";
            }

            (version, answered) = (Math.Max(version, call.Record!.Version), call.Ended);
        }

        return record.Version < version ? $"The session {session.Tag} has an older version than an answer showed." : null;
    }

    /// <summary>After the grace of a renewal one id is accepted, and it is the newest that a client has.</summary>
    private string? OfLateCookies(KnownSession session)
    {
        if (scene.FirstLate == int.MaxValue || !scene.Records.ContainsKey(session.Key))
        {
            return null;
        }

        var accepted = scene.Visits.Skip(scene.FirstLate)
            .Where(visit => visit.Cookie?.Session == session && visit.Data is not null).Select(static visit => visit.Cookie!).ToList();
        int newest = session.Cookies.Where(static cookie => !cookie.IsLost).Max(static cookie => cookie.Sent);
        return accepted.Count != 1
            ? $"After the grace {accepted.Count} ids of {session.Tag} are accepted."
            : accepted[0].Sent < newest ? $"After the grace an old id is accepted: {accepted[0]}." : null;
    }

    private string? OfWriters() => scene.Visits
        .Where(static visit => visit.Verb == Verb.Raise && visit.Answer == true)
        .GroupBy(static visit => visit.Cookie)
        .FirstOrDefault(static same => same.Count() > 1) is { } twice
            ? $"Two requests with one id both raised the level: {string.Join(" and ", twice)}."
            : null;

    /// <summary>Records and index agree.</summary>
    private string? OfLists()
    {
        foreach (var (user, listed) in scene.Listed)
        {
            var live = scene.Records.Values.Where(record => record.UserId == user).Select(static record => record.Key).ToList();
            if (listed.Count != live.Count || listed.Exists(key => !live.Contains(key)))
            {
                return $"The list of {user} has {listed.Count} sessions, and {live.Count} are live.";
            }
        }

        return null;
    }
}
