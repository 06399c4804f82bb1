using System.Security.Cryptography;
using System.Text;

namespace Sact.Session.StoreContract;

/// <summary>
/// One run of one case: a clock, a new prefix and new users, and the methods that cases are written with. An argument <c>sentence</c> is
/// the whole message of a failure; an argument <c>what</c> is the subject of one.
/// </summary>
internal sealed class CaseRun
{
    private CaseRun(StoreContractSubject subject, StoreContractClock clock, string prefix, CancellationToken token)
    {
        Subject = subject;
        Clock = clock;
        Prefix = prefix;
        Token = token;
        string own = RandomNumberGenerator.GetHexString(8, lowercase: true);
        Alice = "alice-" + own;
        Bob = "bob-" + own;
    }

    public StoreContractSubject Subject { get; }

    public StoreContractClock Clock { get; }

    public string Prefix { get; }

    public CancellationToken Token { get; }

    public string Alice { get; }

    public string Bob { get; }

    public IGenericStore Store { get; private set; } = null!;

    /// <summary>A second store over the same data, as another process would open it; the first store if data is not shared.</summary>
    public IGenericStore Other { get; private set; } = null!;

    public DateTimeOffset Now => Clock.GetUtcNow();

    /// <summary>Longer than any run, so that no server expires a session by its clock during a case.</summary>
    public static SessionLifetimes Lifetimes { get; } = new(TimeSpan.FromHours(2), TimeSpan.FromHours(1), TimeSpan.FromHours(24));

    public static async Task<CaseRun> BeginAsync(StoreContractSubject subject, DateTimeOffset start, CancellationToken token)
    {
        var run = new CaseRun(
            subject, new StoreContractClock(start), "contract-" + RandomNumberGenerator.GetHexString(16, lowercase: true), token);
        run.Store = await subject.OpenAsync(run.Clock, run.Prefix, token);
        run.Other = subject.SharesData ? await subject.OpenAsync(run.Clock, run.Prefix, token) : run.Store;
        return run;
    }

    public static SecretHash NewHash() => new(RandomNumberGenerator.GetBytes(SecretHash.Size));

    public static ReadOnlyMemory<byte> Json(string json) => Encoding.UTF8.GetBytes(json);

    // "json is null ? null : Json(json)" would be an empty value: null converts to an array, and an array to memory.
    public static ReadOnlyMemory<byte>? JsonOrAbsent(string? json) => json is null ? default(ReadOnlyMemory<byte>?) : Json(json);

    public static SessionFields Fields(params (string Name, string Json)[] fields) =>
        SessionFields.Create(fields.Select(field => new KeyValuePair<string, ReadOnlyMemory<byte>>(field.Name, Json(field.Json))));

    public static void Require(bool holds, string sentence)
    {
        if (!holds)
        {
            throw new StoreContractException(sentence);
        }
    }

    public static void RequireSame(SessionRecord expected, SessionRecord? actual, string what)
    {
        Require(actual is not null, $"{what} is missing.");
        string? difference = RecordComparison.Difference(expected, actual!);
        Require(difference is null, $"{what} differs in {difference} from what it must be.");
    }

    public static async Task RequireThrowsAsync<TException>(Func<Task> call, string sentence)
        where TException : Exception
    {
        try
        {
            await call();
        }
        catch (TException)
        {
            return;
        }

        throw new StoreContractException(sentence);
    }

    /// <summary>Starts all tasks at once on the thread pool, and waits for every one.</summary>
    public static async Task TogetherAsync(int count, Func<int, Task> work)
    {
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var tasks = Enumerable.Range(0, count).Select(i => Task.Run(async () =>
        {
            await start.Task;
            await work(i);
        })).ToArray();
        start.SetResult();
        await Task.WhenAll(tasks);
    }

    /// <summary>Gives every second caller the other store.</summary>
    public IGenericStore Handle(int caller) => caller % 2 == 0 ? Store : Other;

    public SessionKey NewKey(string? user) => Store.GetSessionKey(Store.CreateSessionId(user));

    /// <summary>Makes a new record: signed in by default, and anonymous without a user.</summary>
    public SessionRecord Record(
        string? user,
        SessionState? state = null,
        SessionFields? fields = null,
        bool presented = false,
        SessionLifetimes? lifetimes = null,
        DateTimeOffset? createdAt = null,
        DateTimeOffset? lastSeenAt = null,
        SessionKey? key = null,
        int level = 0,
        SecretHash? pending = null) => new()
        {
            Key = key ?? NewKey(user),
            UserId = user,
            State = state ?? (user is null ? SessionState.Anonymous : SessionState.SignedIn),
            AssuranceLevel = level,
            LineageHash = NewHash(),
            CurrentHash = NewHash(),
            PendingHash = pending,
            PendingSince = pending is null ? null : Now,
            Fields = fields ?? SessionFields.Empty,
            Presented = presented,
            Lifetimes = lifetimes ?? Lifetimes,
            CreatedAt = createdAt ?? Now,
            LastSeenAt = lastSeenAt ?? createdAt ?? Now,
            AuthenticatedAt = user is null ? null : createdAt ?? Now,
        };

    public async Task<SessionRecord> CreateAsync(SessionRecord record, SessionCap? cap = null)
    {
        var creation = await Store.CreateAsync(record, cap, Token);
        Require(
            creation.Status == SessionCreationStatus.Created,
            $"CreateAsync answered {creation.Status} for a new session under a new key.");
        return record;
    }

    public async Task CreationIsAsync(SessionCreationStatus expected, SessionRecord record, SessionCap? cap, string sentence) =>
        Require((await Store.CreateAsync(record, cap, Token)).Status == expected, sentence);

    public Task<SessionRecord> SignInAsync(
        string? user,
        SessionFields? fields = null,
        SessionState? state = null,
        bool presented = false,
        SessionLifetimes? lifetimes = null) =>
        CreateAsync(Record(user, state, fields, presented, lifetimes));

    public async Task<SessionRecord> AppliedAsync(SessionRecord session, SessionChange change, string what = "A change to a live session")
    {
        var update = await Store.UpdateAsync(session, change, Token);
        Require(update.Status == SessionUpdateStatus.Applied, $"{what} was answered {update.Status} instead of Applied.");
        return update.Record!;
    }

    public async Task AnsweredAsync(SessionUpdateStatus expected, SessionRecord session, SessionChange change, string what)
    {
        var update = await Store.UpdateAsync(session, change, Token);
        Require(update.Status == expected, $"{what} was answered {update.Status} instead of {expected}.");
        Require(
            (update.Record is not null) == (expected is SessionUpdateStatus.Applied or SessionUpdateStatus.Conflict),
            $"{what} came with a record, or lacked one, against the rule for {expected}.");
    }

    public async Task MatchesAsync(SessionRecord expected, string what) =>
        RequireSame(expected, await Store.GetAsync(expected.Key, Token), what);

    public async Task AliveAsync(SessionRecord session, string sentence) =>
        Require(await Store.GetAsync(session.Key, Token) is { } found && found.IsSameSession(session), sentence);

    public async Task AbsentAsync(SessionRecord session, string sentence) =>
        Require(await Store.GetAsync(session.Key, Token) is null, sentence);

    public async Task<List<SessionRecord>> ListAsync(string user, IGenericStore? store = null)
    {
        var list = new List<SessionRecord>();
        await foreach (var session in (store ?? Store).GetActiveSessionsAsync(user, Token))
        {
            list.Add(session);
        }

        return list;
    }

    public async Task ListedAsync(string user, string sentence, params SessionRecord[] expected)
    {
        var list = await ListAsync(user);
        Require(
            list.Count == expected.Length
            && list.Select(session => session.Key).ToHashSet().SetEquals(expected.Select(session => session.Key)),
            $"{sentence} (GetActiveSessionsAsync gave {list.Count}, {expected.Length} expected.)");
    }

    public async Task CountedAsync(long expected, string sentence)
    {
        if (Subject.CountsExactly)
        {
            long count = await Store.CountActiveSessionsAsync(Token);
            Require(count == expected, $"{sentence} (CountActiveSessionsAsync gave {count}, {expected} expected.)");
        }
    }
}
