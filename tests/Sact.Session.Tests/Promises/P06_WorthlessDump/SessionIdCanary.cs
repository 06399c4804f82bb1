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

/// <summary>A session id is a password. The tests search for it in everything that the library outputs.</summary>
[Trait("abuse", "J4")]
public sealed class SessionIdCanary : IDisposable
{
    private readonly RecordingLogger _log = new();
    private readonly LabelRecordingMeterFactory _meters = new();
    private readonly SessionHost _host;

    public SessionIdCanary() => _host = new SessionHost(
        options => (options.LoggerFactory, options.MeterFactory) = (TraceTo(_log), _meters),
        store => (store.LoggerFactory, store.MaxBytes) = (TraceTo(_log), 64 * 1024));

    public void Dispose()
    {
        _meters.Dispose();
        ((IDisposable)_host).Dispose();
    }

    [Fact]
    public async Task AppearsInNoLogMetricOrException()
    {
        var ids = new List<string>();
        var faults = new List<Exception>();
        async Task Refused(Func<Task> call) => faults.Add(await Assert.ThrowsAnyAsync<Exception>(call));

        // One session with everything: a sign-in, two renewals, grace, a replaced id, an invented secret, two cookies, another user, a
        // replay.
        string first = await _host.SignInAsync("alice", new() { ["a"] = 1 });
        var renewal = _host.Request(first);
        await renewal.Session.RenewAsync();
        string second = renewal.SentId!;
        await _host.WhoAsync(second);
        await _host.WhoAsync(first);
        var step = _host.Request(second);
        await step.Session.RenewAsync(immediately: true);
        string third = step.SentId!;
        string other = await _host.SignInAsync("bob");
        ids.AddRange([first, second, third, other]);
        await _host.WhoAsync(first);
        await _host.WhoAsync(third[..24] + other[24..]);
        await _host.RequestWithHeader($"__Host-sid={third}; __Host-sid={other}").Session.GetAsync();
        await _host.WhoAsync(third + "x");
        await _host.WhoAsync(third[..55]);

        // Every refusal of the session and of the store.
        await Refused(() => Task.Run(() => _host.Request(third).Session.SetCookie()));
        await Refused(() => Task.Run(() => _host.Request(third).Session.SetCustomCookie("__Host-sid", third)));
        await Refused(() => Task.Run(() => _host.Request(third).Session.SetCustomCookie("a b", third)));
        await Refused(() => Task.Run(() => _host.Request(third).Session.SetCustomCookie("a", third + new string('x', 5_000))));
        await Refused(() => _host.Request(third).Session.SetAsync("").AsTask());
        await Refused(() => _host.Request(third).Session.SetAsync(new string('a', 300)).AsTask());
        await Refused(() => _host.Request(third).Session.UpdateAsync(new() { ["$" + third] = third }).AsTask());
        await Refused(() => _host.Request(third).Session.UpdateAsync(new() { ["a"] = third + new string('x', 70_000) }).AsTask());
        await Refused(() => Task.Run(() => _host.Memory.GetSessionKey(third + "x")));
        await Refused(() => Task.Run(() => _host.Memory.GetSessionKey("+" + third[1..])));
        await Refused(() => Task.Run(() => SessionKey.Parse("session:" + third)));
        await Refused(() => Task.Run(() => JsonSerializer.Deserialize<SessionKey>($"\"{third}\"")));
        await Refused(() => Task.Run(() => SessionIdFormat.WithNewRotor(third + "x")));
        _host.Store.MakeId = _ => third + "x";
        await Refused(() => _host.Request().Session.SetAsync("carol").AsTask());
        _host.Store.MakeId = _ => third;
        await Refused(() => _host.Request().Session.SetAsync("carol").AsTask());
        _host.Store.MakeId = null;

        // The store fails in every method.
        foreach (string down in new[] { "get", "update", "delete", "create", "list", "delete_user" })
        {
            _host.Store.Before = (verb, _) => verb == down ? throw new TimeoutException("down") : default;
            foreach (var call in new Func<Session<ProbeStore>, ValueTask>[]
            {
                session => session.SetAsync("alice"),
                async session => await session.UpdateAsync(new() { ["a"] = 2 }),
                session => session.DeleteAsync(),
                async session => await session.GetActiveSessionsAsync(),
                async session => await session.DeleteAllSessionsAsync(),
                async session => await session.RenewAsync(),
            })
            {
                string id = ids[^1];
                if (await Record.ExceptionAsync(() => call(_host.Request(id).Session).AsTask()) is { } fault)
                {
                    faults.Add(fault);
                }

                _host.Store.Before = null;
                ids.Add(await _host.SignInAsync("alice"));
                _host.Store.Before = (verb, _) => verb == down ? throw new TimeoutException("down") : default;
            }
        }

        _host.Store.Before = null;
        _host.Clock.Advance(TimeSpan.FromMinutes(11));
        string live = await _host.SignInAsync("dave");
        var last = _host.Request(live);
        await last.Session.RenewAsync(immediately: true);
        ids.AddRange([live, last.SentId!]);
        _host.Clock.Advance(TimeSpan.FromMinutes(11));
        await _host.WhoAsync(live);

        // The library must have output a lot, or the absence would prove nothing.
        Assert.True(
            _log.Recorded.Count > 100 && _meters.Recorded.Count > 50 && faults.Count > 25,
            $"{_log.Recorded.Count}, {_meters.Recorded.Count}, {faults.Count}");
        AssertAbsent(ids, _log.Recorded);
        AssertAbsent(ids, _meters.Recorded.Select(recorded => recorded.ToString()));
        AssertAbsent(ids, faults.Select(fault => fault + string.Join(";", fault.Data.Values.Cast<object?>())));
    }

    [Fact]
    public async Task AppearsInNoTrace()
    {
        var recorded = new ConcurrentQueue<string>();
        var requests = new ConcurrentBag<Activity>();
        var stopped = Channel.CreateUnbounded<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                recorded.Enqueue(activity.DisplayName + string.Join(";", activity.TagObjects
                    .Concat(activity.Baggage.Select(pair => new KeyValuePair<string, object?>(pair.Key, pair.Value)))
                    .Concat(activity.Events.SelectMany(added => added.Tags))));
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

        // The server ends the activity of a request only after the client has the response.
        var awaited = requests.ToHashSet();
        Assert.Equal(3, awaited.Count);
        while (awaited.Count > 0)
        {
            awaited.Remove(
                await stopped.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30)));
        }

        AssertAbsent([login.SentId()!], recorded);
        AssertAbsent([login.SentId()!], _log.Recorded);
    }

    [Fact]
    public async Task AppearsInNoStringJsonOrDebuggerView()
    {
        string old = await _host.SignInAsync("alice", new() { ["a"] = 1 });
        var renewal = _host.Request(old);
        await renewal.Session.RenewAsync();
        string id = renewal.SentId!;
        var exchange = _host.Request(id);
        var data = (await exchange.Session.GetAsync())!;
        var record = (await _host.Memory.GetAsync(data.Key))!;
        exchange.Session.SetCookie();
        var fresh = _host.Request();
        string created = fresh.Session.GetSessionId();
        string[] ids = [old, id, created];
        object[] all =
        [
            exchange.Session, fresh.Session, renewal.Session, data, record, data.Key, data.Fields, record.CurrentHash, record.Lifetimes,
            exchange.Session.Options, _host.Memory,
            new SessionTouch(_host.Clock.GetUtcNow()), SessionRenewal.Propose(record.CurrentHash, _host.Clock.GetUtcNow(), record),
            new SessionChange { Set = data.Fields },
            SessionUpdate.Applied(record), SessionUpdate.Conflict(record), SessionCreation.Created([data.Key]),
            new SessionFieldCondition("a", null), new SessionCap(1),
        ];

        AssertAbsent(ids, all.Select(one => one.ToString()!));
        AssertAbsent(
            ids,
            all.Where(one => one is not (MemoryStore or SactSessionOptions)).Select(one => JsonSerializer.Serialize(one, one.GetType())));
        AssertAbsent(
            ids,
            [
                JsonSerializer.Serialize<ISession<IGenericStore>>(exchange.Session),
                JsonSerializer.Serialize(new { session = exchange.Session })
            ]);
        AssertAbsent(ids, DebuggerView.Of(all));
        Assert.Equal(id, exchange.Session.SessionId);
    }

    [Fact]
    public void TheDebuggerViewFindsWhatIsNotHidden() => Assert.Contains("shown", DebuggerView.Of([new VisibleField()]));

    private static LoggerFactory TraceTo(ILoggerProvider log) => new([log], new LoggerFilterOptions { MinLevel = LogLevel.Trace });

    // The key part is public. The rest is the secret, and a part of it is a leak too.
    private static void AssertAbsent(IEnumerable<string> ids, IEnumerable<string> output)
    {
        var secrets = ids.SelectMany(id =>
            new[]
            {
                id[24..44], id[36..], Convert.ToHexString(Encoding.ASCII.GetBytes(id))[48..],
                Convert.ToHexString(System.Buffers.Text.Base64Url.DecodeFromChars(id))[48..]
            }).ToArray();
        foreach (string text in output)
        {
            Assert.All(secrets, secret => Assert.DoesNotContain(secret, text, StringComparison.OrdinalIgnoreCase));
        }
    }

#pragma warning disable CA1823, IDE0051, CS0414 // The test reads it by reflection.
    private sealed class VisibleField
    {
        private readonly string _shown = "shown";
    }
#pragma warning restore CA1823, IDE0051, CS0414

    /// <summary>Records every message, every structured value and every scope.</summary>
    private sealed class RecordingLogger : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _recorded = new();

        public ConcurrentQueue<string> Recorded => _recorded;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            RecordState(state);
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            _recorded.Enqueue(formatter(state, exception) + exception);
            RecordState(state);
        }

        public void Dispose()
        {
        }

        private void RecordState(object? state)
        {
            _recorded.Enqueue(state?.ToString() ?? "");
            foreach (var pair in state as IEnumerable<KeyValuePair<string, object?>> ?? [])
            {
                // A structured log writes values as JSON, so that counts too. The request and its headers belong to the server.
                _recorded.Enqueue(
                    pair.Key + "=" + pair.Value + (pair.Value is SessionKey or SessionData ? JsonSerializer.Serialize(pair.Value) : ""));
            }
        }
    }

    /// <summary>
    /// What a debugger shows of the library's objects when everything is expanded: fields and properties that are not hidden. Objects of
    /// the framework do not count.
    /// </summary>
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

        private static bool IsOurs(Type type) => type.Assembly == typeof(SessionData).Assembly || type == typeof(VisibleField);

        private static IEnumerable<object?> Members(object one)
        {
            const BindingFlags All = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
            for (var type = one.GetType(); type is not null && IsOurs(type); type = type.BaseType)
            {
                foreach (var field in type.GetFields(All).Where(IsShown))
                {
                    yield return field.GetValue(one);
                }

                foreach (var property in type.GetProperties(All).Where(IsReadable))
                {
                    yield return property.GetValue(one);
                }
            }
        }

        private static bool IsReadable(PropertyInfo property) =>
            IsShown(property) && property.GetIndexParameters().Length == 0 && property.CanRead && !property.PropertyType.IsByRefLike;

        private static bool IsShown(MemberInfo member) =>
            member.GetCustomAttribute<DebuggerBrowsableAttribute>()?.State != DebuggerBrowsableState.Never;
    }
}
