using System.Globalization;

namespace Sact.Session.Faults;

/// <summary>
/// Users with several browsers, and two clients for each user that use the same browsers at the same time, over both processes.
/// </summary>
internal sealed class BrowserLoad(Applications applications, HistoryRecorder recorder, int seed)
{
    private const int Users = 10;
    private const int ClientsPerUser = 2;
    private const int BrowsersPerUser = 3;

    // Who sees an error page does not try again at once; and sessions must live longer than a fault to prove something.
    private static readonly TimeSpan s_afterFault = TimeSpan.FromMilliseconds(200);

    private readonly IssuedCookies _issued = new();
    private Task[] _clients = [];
    private volatile TaskCompletionSource? _paused;
    private volatile bool _keepsCookies;
    private volatile bool _ended;
    private int _running;

    /// <summary>Whether answers prove nothing now, so that a browser without a session keeps its cookie and tries again.</summary>
    public bool KeepsCookies
    {
        get => _keepsCookies;
        set => _keepsCookies = value;
    }

    public void Start()
    {
        var browsers = Enumerable.Range(0, Users)
            .Select(_ => Enumerable.Range(0, BrowsersPerUser).Select(_ => new Browser(_issued)).ToArray())
            .ToArray();
        _clients =
        [
            .. Enumerable.Range(0, Users * ClientsPerUser).Select(client => Task.Run(() => RunAsync(client, browsers[client % Users]))),
        ];
    }

    /// <summary>Lets no operation begin, and waits for those that run.</summary>
    public async Task PauseAsync()
    {
        _paused = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        while (Volatile.Read(ref _running) > 0)
        {
            await Task.Delay(2);
        }
    }

    public void Resume()
    {
        var paused = _paused;
        _paused = null;
        paused?.TrySetResult();
    }

    public async Task StopAsync()
    {
        _ended = true;
        Resume();
        await Task.WhenAll(_clients);
    }

    private async Task RunAsync(int client, Browser[] browsers)
    {
        string user = "user-" + (client % Users).ToString(CultureInfo.InvariantCulture);
        bool isRefused = false;
        foreach (var planned in PlannedOperation.Sequence(seed, client, browsers.Length))
        {
            await Task.Delay(isRefused ? s_afterFault : planned.Pause);
            if (_ended)
            {
                return;
            }

            await EnterAsync();
            try
            {
                isRefused = await OperateAsync(client, user, browsers[planned.Browser], planned) is Outcome.Failed or Outcome.Unknown;
            }
            finally
            {
                Interlocked.Decrement(ref _running);
            }
        }
    }

    // Counted first: who pauses sees every operation that may still begin.
    private async Task EnterAsync()
    {
        while (true)
        {
            Interlocked.Increment(ref _running);
            if (_paused is not { } paused)
            {
                return;
            }

            Interlocked.Decrement(ref _running);
            await paused.Task;
        }
    }

    private async Task<Outcome> OperateAsync(int client, string user, Browser browser, PlannedOperation planned)
    {
        string? cookie = browser.Cookie;
        var verb = cookie is null ? Verb.SignIn : planned.Verb;
        long id = recorder.NextId();
        var request = new Request
        {
            Verb = verb,
            Cookie = cookie,
            User = user,
            ReadsFirst = planned.ReadsFirst,
            Immediately = verb == Verb.EndOthers && planned.Immediately,
            Field = verb == Verb.Update ? "f" + client.ToString(CultureInfo.InvariantCulture) : null,
            Value = verb is Verb.Update or Verb.SignIn ? SessionFieldNames.ValueOf(id) : null,
        };
        var presented = cookie is null ? default : _issued.NumberOf(cookie);
        bool keepsCookie = KeepsCookies;
        long from = recorder.Now;
        var reply = await SendAsync(planned.Process, request);
        long until = recorder.Now;
        var received = browser.Receive(reply.Cookie);
        if (reply is { Outcome: Outcome.Absent, SeenUser: null } && !keepsCookie && !KeepsCookies)
        {
            browser.Forget(cookie);
        }

        recorder.Add(new Operation
        {
            Id = id,
            Client = client,
            Process = planned.Process,
            Verb = verb,
            User = user,
            Key = presented.Key,
            Rotor = presented.Rotor,
            Immediately = request.Immediately,
            Field = request.Field,
            Value = request.Value,
            From = from,
            Until = until,
            Outcome = reply.Outcome,
            SeenUser = reply.SeenUser,
            Seen = reply.Seen,
            NewKey = received.Key,
            NewRotor = received.Rotor,
            Listed = reply.Listed,
            Number = reply.Number,
            Message = reply.Message,
        });
        return reply.Outcome;
    }

    private async Task<Reply> SendAsync(int process, Request request)
    {
        try
        {
            return await applications.SendAsync(process, request)
                ?? new Reply { Outcome = Outcome.Unknown, Message = "The process has died." };
        }
        catch (TimeoutException)
        {
            return new Reply { Outcome = Outcome.Broken, Message = "There was no answer." };
        }
    }
}
