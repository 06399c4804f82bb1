using System.Text;
using Microsoft.AspNetCore.Http;
using Sact.Session.Tests.Fuzzing;

namespace Sact.Session.Stores.Tests.Interleavings;

/// <summary>A browser. It keeps the newest cookie, and a late request of it has the first one.</summary>
internal sealed class Device(string userId, KnownCookie first)
{
    public string UserId => userId;

    public KnownCookie First { get; } = first;

    public KnownCookie Newest { get; set; } = first;
}

/// <summary>
/// One interleaving: a user with two devices and another user, the requests that meet, every store call, and what each was answered.
/// </summary>
internal sealed class Scene
{
    private static int s_scenes;

    private readonly Lock _lock = new();
    private readonly Bed _bed;
    private readonly SeededNumbers _numbers;
    private readonly bool _seals;
    private readonly List<StoreCall> _calls = [];
    private readonly List<Visit> _visits = [];
    private readonly List<KnownSession> _sessions = [];
    private readonly List<Device> _devices = [];
    private readonly string _suffix = $"-{Interlocked.Increment(ref s_scenes)}";

    public Scene(Bed bed, SeededNumbers numbers)
    {
        _bed = bed;
        _numbers = numbers;
        _seals = numbers.Percent(25);
        Stage = new Stage(
            numbers,
            afterStep: () => bed.Clock.Advance(TimeSpan.FromMilliseconds(1)),
            seesSteps: bed.Profile.Primitives is not null,
            bed.Profile.Bursts && numbers.Percent(50));
    }

    public Stage Stage { get; }

    public bool LeavesMarkers => _bed.Store is IEndedSessionStore;

    public IReadOnlyList<StoreCall> Calls => _calls;

    public IReadOnlyList<Visit> Visits => _visits;

    public IReadOnlyList<KnownSession> Sessions => _sessions;

    /// <summary>The number of the first visit after the interleaving, and of the first one after the grace of a renewal.</summary>
    public int FirstFinal { get; private set; }

    public int FirstLate { get; private set; } = int.MaxValue;

    /// <summary>What the store lists of each user at the end.</summary>
    public Dictionary<string, List<SessionKey>> Listed { get; } = [];

    /// <summary>The record of each session at the end.</summary>
    public Dictionary<SessionKey, SessionRecord> Records { get; } = [];

    public async Task PlayAsync(IReadOnlyList<Verb> verbs)
    {
        await SetUpAsync();
        Actor[] actors = [.. verbs.Select((verb, i) => new Actor(Stage, i, verb))];
        var requests = actors.ToDictionary(actor => actor, _ => new Requests(this, _numbers, _devices));
        await Stage.RunAsync(actors, actor => requests[actor].PlayAsync(actor));
        foreach (var actor in actors)
        {
            if (actor.Fault is { } fault && _visits.TrueForAll(visit => visit.Fault != fault))
            {
                throw new InvalidOperationException("The harness failed.", fault);
            }
        }

        FirstFinal = _visits.Count;
        await VisitEachAsync();
        foreach (string user in _devices.Select(device => device.UserId).Distinct())
        {
            Listed[user] = [];
            await foreach (var record in _bed.Store.GetActiveSessionsAsync(user))
            {
                Listed[user].Add(record.Key);
            }
        }

        foreach (var session in _sessions)
        {
            if (await _bed.Store.GetAsync(session.Key) is { } record)
            {
                Records[session.Key] = record;
            }
        }

        if (_bed.Profile.MovesClock && _calls.Exists(static call => call is { IsApplied: true, Change.Renewal: not null }))
        {
            _bed.Clock.Advance(Bed.RenewalGrace);
            FirstLate = _visits.Count;
            await VisitEachAsync();
        }
    }

    public void Note(StoreCall call)
    {
        lock (_lock)
        {
            call.Began = Stage.Step;
            _calls.Add(call);
        }
    }

    /// <summary>Notes that a request begins, and makes the session of it.</summary>
    public (Visit Visit, Session<IGenericStore> Session) Begin(Verb verb, Actor? actor, KnownCookie? cookie)
    {
        var visit = new Visit(verb, actor, cookie) { Began = Stage.Step };
        lock (_lock)
        {
            _visits.Add(visit);
        }

        var context = new DefaultHttpContext { Request = { Scheme = "https", Host = new HostString("example.test") } };
        if (cookie is not null)
        {
            context.Request.Headers.Cookie = $"__Host-sid={cookie.Id}";
        }

        var store = new ActorStore(_bed.StoreOf(actor), this, actor, cookie);
        var options = _bed.OptionsOf(touches: verb == Verb.Touch, _seals);
        return (visit, new Session<IGenericStore>(context.Request, context.Response, store, options));
    }

    /// <summary>Notes the answer of a request, with the cookie that it sends.</summary>
    public void End(Visit visit, Session<IGenericStore> session, bool isLost = false)
    {
        visit.Ended = Stage.Step;
        string? id = session.Response.Headers.SetCookie.OfType<string>()
            .Where(line => line.StartsWith("__Host-sid=", StringComparison.Ordinal))
            .Select(line => line["__Host-sid=".Length..line.IndexOf(';', StringComparison.Ordinal)])
            .SingleOrDefault(value => value.Length > 0);
        if (id is null)
        {
            return;
        }

        lock (_lock)
        {
            var key = _bed.Store.GetSessionKey(id);
            var known = _sessions.Find(one => one.Key == key);
            if (known is null)
            {
                string? userId = visit.Verb == Verb.BeginAnonymous ? null : visit.UserId;
                known = new KnownSession(key, userId, TagOf(visit)) { Began = visit.Began, Acknowledged = visit.Ended };
                _sessions.Add(known);
            }

            visit.Sent = new KnownCookie(id, known, visit.Ended, visit.Actor, isLost);
            known.Cookies.Add(visit.Sent);
        }
    }

    /// <summary>What the field <c>who</c> of a session has that begins in a request.</summary>
    public static string TagOf(Visit visit) => $"{visit.UserId ?? "nobody"}#{visit.Actor?.Number}";

    /// <summary>Reads a session with a cookie.</summary>
    public async Task ReadAsync(Verb verb, Actor? actor, KnownCookie cookie)
    {
        var (visit, session) = Begin(verb, actor, cookie);
        try
        {
            var data = await session.GetAnyAsync();
            visit.Data = data?.Fields.ToDictionary(
                static field => field.Key, static field => Encoding.UTF8.GetString(field.Value.Span), StringComparer.Ordinal);
            visit.State = data?.State ?? default;
            visit.UserId = (await session.GetAsync())?.UserId;
            End(visit, session);
        }
        catch (Exception fault)
        {
            visit.Fault = fault;
        }
    }

    /// <summary>Cleans up, as the background service of a node does.</summary>
    public async Task RequestCleanUpAsync(Actor actor)
    {
        var visit = new Visit(Verb.CleanUp, actor, null) { Began = Stage.Step };
        lock (_lock)
        {
            _visits.Add(visit);
        }

        try
        {
            await new ActorStore(_bed.StoreOf(actor), this, actor, null).CleanUpAsync();
            visit.Ended = Stage.Step;
        }
        catch (Exception fault)
        {
            visit.Fault = fault;
        }
    }

    public override string ToString() =>
        $"gates opened: {string.Join(' ', Stage.Releases)}{(_seals ? ", sealed" : "")}; requests: {string.Join(", ", _visits)}; "
        + $"store calls: {string.Join(", ", _calls.Where(static call => call.Actor is not null))}";

    private async Task SetUpAsync()
    {
        string alice = "alice" + _suffix, bob = "bob" + _suffix;
        if (_bed.Profile.MovesClock)
        {
            await SignInAsync(alice, "old", hasExpired: true);
        }

        await SignInAsync(alice, "laptop");
        await SignInAsync(alice, "phone");
        await SignInAsync(bob, "bobs");
        await VisitEachAsync();
        if (_bed.Profile.MovesClock)
        {
            // By its first visit alone each session would have ended by now. Only the second visit keeps it.
            _bed.Clock.Advance(Bed.IdleTimeout - TimeSpan.FromMinutes(10));
            await VisitEachAsync();
            _bed.Clock.Advance(TimeSpan.FromMinutes(25));
        }

        _visits.Clear();
        _calls.Clear();
    }

    private async Task SignInAsync(string userId, string tag, bool hasExpired = false)
    {
        var (_, session) = Begin(Verb.SignIn, null, null);
        await session.SetAsync(userId, new() { ["who"] = tag, ["n"] = 0 });
        var known = new KnownSession(session.GetKey(), userId, tag) { HasExpired = hasExpired };
        known.Cookies.Add(new KnownCookie(session.SessionId!, known, 0, null, IsLost: false));
        _sessions.Add(known);
        if (!hasExpired)
        {
            _devices.Add(new Device(userId, known.Cookies[0]));
        }
    }

    /// <summary>Reads every session once with each cookie that a client has.</summary>
    private async Task VisitEachAsync()
    {
        foreach (var cookie in _sessions.SelectMany(static session => session.Cookies).ToList())
        {
            // The old device never comes back before the end.
            if (!cookie.IsLost && (FirstFinal > 0 || !cookie.Session.HasExpired))
            {
                await ReadAsync(FirstFinal == 0 ? Verb.Touch : Verb.Read, null, cookie);
            }
        }
    }
}
