using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sact.Session.Tests;

/// <summary>A session id is a password. Here it is searched for wherever the library speaks.</summary>
[Trait("abuse", "J4")]
public sealed class Canary : IDisposable
{
    private readonly EarsOnly _log = new();
    private readonly OwnMeters _meters = new();
    private readonly Bed _bed;

    public Canary() => _bed = new Bed(
        options => (options.LoggerFactory, options.MeterFactory) = (new LoggerFactory([_log], new LoggerFilterOptions { MinLevel = LogLevel.Trace }), _meters),
        store => (store.LoggerFactory, store.MaxBytes) = (new LoggerFactory([_log], new LoggerFilterOptions { MinLevel = LogLevel.Trace }), 64 * 1024));

    public void Dispose()
    {
        _meters.Dispose();
        ((IDisposable)_bed).Dispose();
    }

    [Fact]
    public async Task IsInNoLogNoMetricAndNoExceptionWhateverIsRefused()
    {
        var ids = new List<string>();
        var faults = new List<Exception>();
        async Task Refused(Func<Task> call) => faults.Add(await Assert.ThrowsAnyAsync<Exception>(call));

        // A life with everything in it: signing in, renewing twice, grace, a stale id, an invented secret, two cookies, another user, a replay.
        string first = await _bed.SignInAsync("alice", new() { ["a"] = 1 });
        var renewal = _bed.Request(first);
        await renewal.Session.RenewAsync();
        string second = renewal.SentId!;
        await _bed.WhoAsync(second);
        await _bed.WhoAsync(first);
        var step = _bed.Request(second);
        await step.Session.RenewAsync(immediately: true);
        string third = step.SentId!;
        string other = await _bed.SignInAsync("bob");
        ids.AddRange([first, second, third, other]);
        await _bed.WhoAsync(first);
        await _bed.WhoAsync(third[..24] + other[24..]);
        await _bed.RequestWithHeader($"__Host-sid={third}; __Host-sid={other}").Session.GetAsync();
        await _bed.WhoAsync(third + "x");
        await _bed.WhoAsync(third[..55]);

        // Every refusal of the session and of the store.
        await Refused(() => Task.Run(() => _bed.Request(third).Session.SetCookie()));
        await Refused(() => Task.Run(() => _bed.Request(third).Session.SetCustomCookie("__Host-sid", third)));
        await Refused(() => Task.Run(() => _bed.Request(third).Session.SetCustomCookie("a b", third)));
        await Refused(() => Task.Run(() => _bed.Request(third).Session.SetCustomCookie("a", third + new string('x', 5_000))));
        await Refused(() => _bed.Request(third).Session.SetAsync("").AsTask());
        await Refused(() => _bed.Request(third).Session.SetAsync(new string('a', 300)).AsTask());
        await Refused(() => _bed.Request(third).Session.UpdateAsync(new() { ["$" + third] = third }).AsTask());
        await Refused(() => _bed.Request(third).Session.UpdateAsync(new() { ["a"] = third + new string('x', 70_000) }).AsTask());
        await Refused(() => Task.Run(() => _bed.Memory.GetSessionKey(third + "x")));
        await Refused(() => Task.Run(() => _bed.Memory.GetSessionKey("+" + third[1..])));
        await Refused(() => Task.Run(() => SessionKey.Parse("session:" + third)));
        await Refused(() => Task.Run(() => JsonSerializer.Deserialize<SessionKey>($"\"{third}\"")));
        await Refused(() => Task.Run(() => SessionIdFormat.WithNewRotor(third + "x")));
        _bed.Store.MakeId = _ => third + "x";
        await Refused(() => _bed.Request().Session.SetAsync("carol").AsTask());
        _bed.Store.MakeId = _ => third;
        await Refused(() => _bed.Request().Session.SetAsync("carol").AsTask());
        _bed.Store.MakeId = null;

        // A store that is down, in every verb.
        foreach (string down in new[] { "get", "update", "delete", "create", "list", "delete_user" })
        {
            _bed.Store.Before = (verb, _) => verb == down ? throw new TimeoutException("down") : default;
            foreach (var call in new Func<Session<ProbeStore>, ValueTask>[]
            {
                session => session.SetAsync("alice"), async session => await session.UpdateAsync(new() { ["a"] = 2 }), session => session.DeleteAsync(),
                async session => await session.GetActiveSessionsAsync(), async session => await session.DeleteAllSessionsAsync(), async session => await session.RenewAsync(),
            })
            {
                string id = ids[^1];
                if (await Record.ExceptionAsync(() => call(_bed.Request(id).Session).AsTask()) is { } fault)
                {
                    faults.Add(fault);
                }

                _bed.Store.Before = null;
                ids.Add(await _bed.SignInAsync("alice"));
                _bed.Store.Before = (verb, _) => verb == down ? throw new TimeoutException("down") : default;
            }
        }

        _bed.Store.Before = null;
        _bed.Clock.Advance(TimeSpan.FromMinutes(11));
        string live = await _bed.SignInAsync("dave");
        var last = _bed.Request(live);
        await last.Session.RenewAsync(immediately: true);
        ids.AddRange([live, last.SentId!]);
        _bed.Clock.Advance(TimeSpan.FromMinutes(11));
        await _bed.WhoAsync(live);

        // It must have been spoken of a lot, or silence would prove nothing.
        Assert.True(_log.Heard.Count > 100 && _meters.Heard.Count > 50 && faults.Count > 25, $"{_log.Heard.Count}, {_meters.Heard.Count}, {faults.Count}");
        AssertSilent(ids, _log.Heard);
        AssertSilent(ids, _meters.Heard.Select(heard => heard.ToString()));
        AssertSilent(ids, faults.Select(fault => fault + string.Join(";", fault.Data.Values.Cast<object?>())));
    }

    [Fact]
    public async Task IsInNoTraceOfASite()
    {
        var heard = new ConcurrentQueue<string>();
        var requests = new ConcurrentBag<Activity>();
        var stopped = Channel.CreateUnbounded<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                heard.Enqueue(activity.DisplayName + string.Join(";", activity.TagObjects.Concat(activity.Baggage.Select(pair => new KeyValuePair<string, object?>(pair.Key, pair.Value)))
                    .Concat(activity.Events.SelectMany(told => told.Tags))));
                stopped.Writer.TryWrite(activity);
            },
        };
        ActivitySource.AddActivityListener(listener);
        await using var site = await Site.StartAsync(
            app =>
            {
                app.MapPost("/login", async (ISession<IGenericStore> session) => await session.SetAsync("alice"));
                app.MapGet("/me", async (ISession<IGenericStore> session) => (await session.GetAsync())?.UserId);
            },
            build: builder => builder.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(_log)),
            before: app => app.Use((context, next) =>
            {
                requests.Add(Activity.Current!);
                return next(context);
            }));

        using var login = await site.SendAsync("/login", method: HttpMethod.Post);
        using var me = await site.SendAsync("/me", login.SentId());
        site.Store.Before = (_, _) => throw new TimeoutException("down");
        using var down = await site.SendAsync("/me", login.SentId());

        Assert.Equal(503, (int)down.StatusCode);

        // The server ends a request's activity only after the client has its answer.
        var awaited = requests.ToHashSet();
        Assert.Equal(3, awaited.Count);
        while (awaited.Count > 0)
        {
            awaited.Remove(await stopped.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30)));
        }

        AssertSilent([login.SentId()!], heard);
        AssertSilent([login.SentId()!], _log.Heard);
    }

    [Fact]
    public async Task IsInNoTextNoJsonAndNoDebuggerView()
    {
        string old = await _bed.SignInAsync("alice", new() { ["a"] = 1 });
        var renewal = _bed.Request(old);
        await renewal.Session.RenewAsync();
        string id = renewal.SentId!;
        var exchange = _bed.Request(id);
        var data = (await exchange.Session.GetAsync())!;
        var record = (await _bed.Memory.GetAsync(data.Key))!;
        exchange.Session.SetCookie();
        var fresh = _bed.Request();
        string made = fresh.Session.GetSessionId();
        string[] ids = [old, id, made];
        object[] all =
        [
            exchange.Session, fresh.Session, renewal.Session, data, record, data.Key, data.Fields, record.CurrentHash, record.Lifetimes, exchange.Session.Options, _bed.Memory,
            new SessionTouch(_bed.Clock.GetUtcNow()), SessionRenewal.Propose(record.CurrentHash, _bed.Clock.GetUtcNow(), record), new SessionChange { Set = data.Fields },
            SessionUpdate.Applied(record), SessionUpdate.Conflict(record), SessionCreation.Created([data.Key]), new SessionFieldCondition("a", null), new SessionCap(1),
        ];

        AssertSilent(ids, all.Select(one => one.ToString()!));
        AssertSilent(ids, all.Where(one => one is not (MemoryStore or SactSessionOptions)).Select(one => JsonSerializer.Serialize(one, one.GetType())));
        AssertSilent(ids, [JsonSerializer.Serialize<ISession<IGenericStore>>(exchange.Session), JsonSerializer.Serialize(new { session = exchange.Session })]);
        AssertSilent(ids, DebuggerView.Of(all));
        Assert.Equal(id, exchange.Session.SessionId);
    }

    [Fact]
    public void TheDebuggerViewShowsWhatIsNotHidden() => Assert.Contains("shown", DebuggerView.Of([new Open()]));

    // The key part is public; what follows is the secret, and a piece of it is a leak as well.
    private static void AssertSilent(IEnumerable<string> ids, IEnumerable<string> said)
    {
        var secrets = ids.SelectMany(id => new[] { id[24..44], id[36..], Convert.ToHexString(Encoding.ASCII.GetBytes(id))[48..], Convert.ToHexString(System.Buffers.Text.Base64Url.DecodeFromChars(id))[48..] }).ToArray();
        foreach (string text in said)
        {
            Assert.All(secrets, secret => Assert.DoesNotContain(secret, text, StringComparison.OrdinalIgnoreCase));
        }
    }

#pragma warning disable CA1823, IDE0051, CS0414 // It is there to be seen by reflection.
    private sealed class Open
    {
        private readonly string _shown = "shown";
    }
#pragma warning restore CA1823, IDE0051, CS0414

    /// <summary>Hears every message, every structured value and every scope.</summary>
    private sealed class EarsOnly : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _heard = new();

        public ConcurrentQueue<string> Heard => _heard;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            Hear(state);
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            _heard.Enqueue(formatter(state, exception) + exception);
            Hear(state);
        }

        public void Dispose()
        {
        }

        private void Hear(object? state)
        {
            _heard.Enqueue(state?.ToString() ?? "");
            foreach (var pair in state as IEnumerable<KeyValuePair<string, object?>> ?? [])
            {
                // A structured log writes values out as JSON, so that counts too; the request and its headers are the server's.
                _heard.Enqueue(pair.Key + "=" + pair.Value + (pair.Value is SessionKey or SessionData ? JsonSerializer.Serialize(pair.Value) : ""));
            }
        }
    }

    /// <summary>What a debugger shows of the library's objects when everything is unfolded: fields and properties that are not hidden. What belongs to the framework (the request) is its own.</summary>
    private static class DebuggerView
    {
        public static List<string> Of(IEnumerable<object> roots)
        {
            var shown = new List<string>();
            var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
            var open = new Stack<object?>(roots);
            while (open.TryPop(out object? next))
            {
                switch (next)
                {
                    case null:
                        break;
                    case string text:
                        shown.Add(text);
                        break;
                    case IDictionary pairs:
                        Push(pairs.Keys.Cast<object?>().Concat(pairs.Values.Cast<object?>()));
                        break;
                    case IEnumerable<string> texts:
                        Push(texts);
                        break;
                    case var one when IsOurs(one.GetType()) && seen.Add(one):
                        shown.Add(one.ToString() ?? "");
                        Push(Members(one));
                        break;
                }
            }

            return shown;

            void Push(IEnumerable<object?> more)
            {
                foreach (object? one in more)
                {
                    open.Push(one);
                }
            }
        }

        private static bool IsOurs(Type type) => type.Assembly == typeof(SessionData).Assembly || type == typeof(Open);

        private static IEnumerable<object?> Members(object one)
        {
            const BindingFlags All = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
            for (var type = one.GetType(); type is not null && IsOurs(type); type = type.BaseType)
            {
                foreach (var field in type.GetFields(All).Where(IsShown))
                {
                    yield return field.GetValue(one);
                }

                foreach (var property in type.GetProperties(All).Where(property => IsShown(property) && property.GetIndexParameters().Length == 0 && property.CanRead && !property.PropertyType.IsByRefLike))
                {
                    yield return property.GetValue(one);
                }
            }
        }

        private static bool IsShown(MemberInfo member) => member.GetCustomAttribute<DebuggerBrowsableAttribute>()?.State != DebuggerBrowsableState.Never;
    }
}
