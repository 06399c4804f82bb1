using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Sact.Session.Faults;

/// <summary>
/// An application process: serves what comes as lines of JSON, all at once, each as a request of a browser with its cookie.
/// </summary>
internal sealed class Application
{
    private const string CookieName = "__Host-sid";

    private IGenericStore? _store;
    private SactSessionOptions _options = new();
    private string _closed = "The store was not opened yet.";
    private CallTimes? _times;

    public static async Task<int> RunAsync()
    {
        var application = new Application();
        var output = TextWriter.Synchronized(Console.Out);
        while (await Console.In.ReadLineAsync() is { } line)
        {
            var request = JsonSerializer.Deserialize<Request>(line, Wire.Json)!;
            _ = Task.Run(async () =>
            {
                var reply = request.Verb is null ? await application.ObeyAsync(request) : await application.ServeAsync(request);
                output.WriteLine(JsonSerializer.Serialize(reply with { Id = request.Id }, Wire.Json));
            });
        }

        return 0;
    }

    private async Task<Reply> ObeyAsync(Request request)
    {
        try
        {
            switch (request.Order)
            {
                case "open":
                    Open(request.Settings!);
                    return new Reply();
                case "close":
                    await CloseAsync();
                    return new Reply();
                default:
                    return new Reply { Measured = Measure() };
            }
        }
        catch (SessionStoreException fault)
        {
            _closed = fault.Message;
            return new Reply { Outcome = Outcome.Failed, Message = fault.Message };
        }
    }

    private void Open(StoreSettings settings)
    {
        var timeout = TimeSpan.FromSeconds(settings.StoreTimeout);
        _times ??= new CallTimes(timeout);
        _options = new SactSessionOptions
        {
            StoreTimeout = timeout,
            SealMetadata = settings.SealMetadata,
            MaxSessionsPerUser = null,
        };
        _store = settings.Store switch
        {
            "sqlite" => new SqliteStore(
                new SqliteStoreOptions
                {
                    ConnectionString = settings.Connection,
                    Prefix = settings.Prefix,
                    BusyTimeout = timeout / 2,
                }),
            "postgres" => new PostgreSqlStore(
                new PostgreSqlStoreOptions { ConnectionString = settings.Connection, Prefix = settings.Prefix }),
            _ => new RedisStore(new RedisStoreOptions { Configuration = settings.Connection, Prefix = settings.Prefix }),
        };
    }

    private async Task CloseAsync()
    {
        var store = Interlocked.Exchange(ref _store, null);
        if (store is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync();
        }
        else
        {
            (store as IDisposable)?.Dispose();
        }
    }

    private async Task<Reply> ServeAsync(Request request)
    {
        var context = new DefaultHttpContext { Request = { Scheme = "https", Host = new HostString("example.test") } };
        context.Request.Headers.Cookie = request.Cookie is null ? default : $"{CookieName}={request.Cookie}";
        var reply = new Reply();
        try
        {
            var store = _store ?? throw new SessionStoreException(_closed);
            var session = new Session<IGenericStore>(context.Request, context.Response, store, _options);
            bool readsFirst = request.Cookie is not null && (request.ReadsFirst || ReadsAlways(request.Verb));
            if (readsFirst && await session.GetAsync() is { } data)
            {
                reply = new Reply { SeenUser = data.UserId, Seen = Values(data) };
            }

            reply = readsFirst && reply.SeenUser is null && request.Verb != Verb.SignIn
                ? new Reply { Outcome = Outcome.Absent }
                : await RunAsync(session, request, reply);
        }
        catch (SessionStoreException fault)
        {
            reply = reply with { Outcome = fault.OutcomeUnknown ? Outcome.Unknown : Outcome.Failed, Message = fault.Message };
        }
        catch (Exception fault)
        {
            reply = reply with { Outcome = Outcome.Broken, Message = fault.ToString() };
        }

        return reply with { Cookie = SentCookie(context.Response) };
    }

    private static async Task<Reply> RunAsync(Session<IGenericStore> session, Request request, Reply seen)
    {
        switch (request.Verb)
        {
            case Verb.SignIn:
                await session.SetAsync(
                    request.User!,
                    new JsonObject
                    {
                        [SessionFieldNames.Owner] = request.User,
                        [SessionFieldNames.SignIn] = request.Value,
                        [SessionFieldNames.Counter] = 0,
                    });
                return seen;
            case Verb.Update:
                return Changed(seen, await session.UpdateAsync(new JsonObject { [request.Field!] = request.Value }));
            case Verb.Increment:
                return Changed(seen, await session.ModifyAsync<int>(SessionFieldNames.Counter, before => before + 1));
            case Verb.Renew:
                return Changed(seen, await session.RenewAsync());
            case Verb.SignOut:
                await session.DeleteAsync();
                return seen;
            case Verb.EndOthers:
                return seen with { Number = await session.DeleteOtherSessionsAsync(request.Immediately) };
            case Verb.EndAll:
                return seen with { Number = await session.DeleteAllSessionsAsync() };
            case Verb.List:
                var listed = await session.GetActiveSessionsAsync();
                return listed.Count == 0 ? seen with { Outcome = Outcome.Absent } : seen with { Listed = [.. listed.Select(Device)] };
            default:
                return seen;
        }
    }

    private static bool ReadsAlways(Verb? verb) => verb is Verb.Read or Verb.Renew or Verb.EndOthers or Verb.EndAll or Verb.List;

    private static Reply Changed(Reply seen, bool changed) => changed ? seen : seen with { Outcome = Outcome.Absent };

    private static ListedDevice Device(SessionData data) => new(data.Key.KeyPart, data.UserId, data[SessionFieldNames.Owner]);

    private static Dictionary<string, string> Values(SessionData data) => data.Fields.ToDictionary(
        field => field.Key, field => JsonNode.Parse(field.Value.Span)!.ToString());

    private static string? SentCookie(HttpResponse response)
    {
        string? cookie = null;
        foreach (string? header in response.Headers.SetCookie)
        {
            if (header?.Split(';')[0].Split('=') is [CookieName, var value])
            {
                cookie = value;
            }
        }

        return cookie;
    }

    private Measurement Measure()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return new Measurement(
            ThreadPool.ThreadCount,
            Timer.ActiveCount,
            OperatingSystem.IsLinux() ? Directory.GetFileSystemEntries("/proc/self/fd").Length : 0,
            GC.GetTotalMemory(forceFullCollection: true),
            _times?.Summary ?? new LateCalls(0, 0, 0, 0));
    }
}
