using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using Sact.Session;
using Sact.Session.SecondProcess;

// The other process of a test. "serve" runs calls that come as lines of JSON, all at once; "churn" signs in and out until it is killed, and
// prints what was acknowledged.
return args switch
{
    ["serve"] => await ServeAsync(),
    ["churn", var kind, var connection, var prefix] => await ChurnAsync(Open(kind, connection, prefix, TimeProvider.System)),
    _ => 2,
};

static GenericStore Open(string kind, string connection, string prefix, TimeProvider clock) => kind switch
{
    "sqlite" => new SqliteStore(
        new SqliteStoreOptions
        {
            ConnectionString = connection,
            Prefix = prefix,
            TimeProvider = clock,
            BusyTimeout = TimeSpan.FromSeconds(30),
        }),
    "postgresql" => new PostgreSqlStore(
        new PostgreSqlStoreOptions { ConnectionString = connection, Prefix = prefix, TimeProvider = clock }),
    "ef-sqlite" or "ef-postgresql" => new DatabaseOfSessions(kind, connection).Open(
        new EntityFrameworkStoreOptions { Prefix = prefix, TimeProvider = clock }),
    "redis" => new RedisStore(new RedisStoreOptions { Configuration = connection, Prefix = prefix, TimeProvider = clock }),
    _ => throw new InvalidOperationException("No store is called " + kind),
};

static async Task<int> ServeAsync()
{
    var handles = new ConcurrentDictionary<int, (GenericStore Store, SetClock Clock)>();
    while (await Console.In.ReadLineAsync() is { } line)
    {
        var call = JsonSerializer.Deserialize<Call>(line)!;
        _ = Task.Run(async () =>
        {
            Answer answer;
            try
            {
                answer = await RunAsync(call, handles);
            }
            catch (Exception fault)
            {
                answer = new Answer
                {
                    Fault = fault switch { ArgumentException => "argument", SessionStoreException => "store", _ => fault.GetType().Name },
                    Message = fault.Message,
                    OutcomeUnknown = fault is SessionStoreException { OutcomeUnknown: true },
                };
            }

            Console.WriteLine(JsonSerializer.Serialize(answer with { Id = call.Id }));
        });
    }

    return 0;
}

static async Task<Answer> RunAsync(Call call, ConcurrentDictionary<int, (GenericStore Store, SetClock Clock)> handles)
{
    if (call.Verb == "open")
    {
        var clock = new SetClock();
        clock.Set(call.Now, call.Timestamp);
        handles[call.Handle] = (Open(call.Store!, call.Connection!, call.Prefix!, clock), clock);
        return new Answer();
    }

    var (store, itsClock) = handles[call.Handle];
    itsClock.Set(call.Now, call.Timestamp);
    var record = call.Record?.ToRecord();
    switch (call.Verb)
    {
        case "get":
            return new Answer { Record = Stored(await store.GetAsync(call.Key!.Value)) };
        case "create":
            var creation = await store.CreateAsync(record!, call.CapMax is { } max ? new SessionCap(max, call.CapPolicy) : null);
            return new Answer { Status = (int)creation.Status, Keys = [.. creation.Ended] };
        case "update":
            var update = await store.UpdateAsync(record!, call.Change!.ToChange(record!));
            return new Answer { Status = (int)update.Status, Record = Stored(update.Record) };
        case "delete":
            bool ended = call.Reason is { } reason
                ? await ((IEndedSessionStore)store).EndAsync(record!, reason)
                : await store.DeleteAsync(record!);
            return new Answer { Number = ended ? 1 : 0 };
        case "find":
            var found = await ((IEndedSessionStore)store).FindAsync(call.Key!.Value);
            return new Answer { Record = Stored(found.Record), Marker = found.Ended?.Pack() };
        case "list":
            var records = new List<PackedRecord>();
            await foreach (var session in store.GetActiveSessionsAsync(call.UserId!))
            {
                records.Add(PackedRecord.From(session));
            }

            return new Answer { Records = [.. records] };
        case "delete_user":
            long several = call.Reason is { } why
                ? await ((IEndedSessionStore)store).EndActiveSessionsAsync(call.UserId!, call.Key, why)
                : await store.DeleteActiveSessionsAsync(call.UserId!, call.Key);
            return new Answer { Number = several };
        case "delete_all":
            return new Answer { Number = await store.ClearAsync() };
        case "count":
            return new Answer { Number = await store.CountActiveSessionsAsync() };
        case "sweep":
            return new Answer { Number = await ((IExpiredSessionStore)store).DeleteExpiredAsync(call.Batch) };
        case "close":
            (store as IDisposable)?.Dispose();
            handles.TryRemove(call.Handle, out _);
            return new Answer();
        default:
            throw new InvalidOperationException("No verb is called " + call.Verb);
    }
}

static PackedRecord? Stored(SessionRecord? record) => record is null ? null : PackedRecord.From(record);

static async Task<int> ChurnAsync(GenericStore store)
{
    await Task.WhenAll(Enumerable.Range(0, 8).Select(async worker =>
    {
        var mine = new List<SessionRecord>();
        for (int i = 0; ; i++)
        {
            string user = $"user-{worker}";
            var now = DateTimeOffset.UtcNow;
            var session = new SessionRecord
            {
                Key = store.GetSessionKey(store.CreateSessionId(user)),
                UserId = user,
                State = SessionState.SignedIn,
                LineageHash = new SecretHash(RandomNumberGenerator.GetBytes(SecretHash.Size)),
                CurrentHash = new SecretHash(RandomNumberGenerator.GetBytes(SecretHash.Size)),
                Presented = true,
                Lifetimes = new SessionLifetimes(TimeSpan.FromHours(1), TimeSpan.FromHours(1), TimeSpan.FromHours(2)),
                CreatedAt = now,
                LastSeenAt = now,
                AuthenticatedAt = now,
            };
            await store.CreateAsync(session);
            Console.WriteLine($"in {session.Key} .");
            mine.Add(session);
            if (i % 2 == 1)
            {
                var leaving = mine[i / 2];
                Console.WriteLine($"leaving {leaving.Key} .");
                await store.DeleteAsync(leaving);
                Console.WriteLine($"out {leaving.Key} .");
            }
        }
    }));
    return 0;
}
