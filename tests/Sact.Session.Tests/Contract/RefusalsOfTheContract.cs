using System.Text;
using System.Text.Json;

namespace Sact.Session.Tests;

/// <summary>
/// What a store author or an application passes wrongly is refused at once. The message says what happened, and the rule or what to do.
/// </summary>
public sealed class RefusalsOfTheContract
{
    private static readonly DateTimeOffset s_now = new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly Dictionary<string, (Type Type, string[] Parts, Action Call)> s_cases = new()
    {
        ["a prefix with an upper-case letter"] = Argument(
            () => Store(new() { Prefix = "Session" }), "The prefix 'Session' is invalid", "Set GenericStoreOptions.Prefix"),
        ["an empty routing key"] = Argument(
            () => Store(new() { RoutingKey = "" }), "The routing key is empty or has a lone surrogate", "Set GenericStoreOptions"),
        ["a routing key with a lone surrogate"] = Argument(() => Store(new() { RoutingKey = "\ud800" }), "The routing key is empty or"),
        ["a record of another prefix"] = Argument(
            () => Run(store => store.CreateAsync(Valid() with { Key = SessionKey.Parse("other:" + new string('A', 24)) }).AsTask()),
            "has the prefix 'other'", "Make the session id with this store's CreateSessionId"),
        ["a record without a key"] = Argument(() => Create(Valid() with { Key = default }), "The record has no key"),
        ["a record of an unknown state"] = Argument(() => Create(Valid() with { State = (SessionState)9 }), "state is unknown"),
        ["an anonymous record with a user"] = Argument(
            () => Create(Valid() with { State = SessionState.Anonymous }), "user id and state contradict each other"),
        ["a record without a lineage"] = Argument(() => Create(Valid() with { LineageHash = default }), "The record lacks a hash"),
        ["a record without an id"] = Argument(() => Create(Valid() with { CurrentHash = default }), "The record lacks a hash"),
        ["a pending id without its time"] = Argument(
            () => Create(Valid() with { PendingHash = Hash(7) }), "The record has a rotor without its time"),
        ["a wrapped key without an id"] = Argument(
            () => Create(Valid() with { CurrentKey = Key(), PendingKey = Key() }), "wrapped keys and ids contradict each other"),
        ["a wrapped key that one of two ids lacks"] = Argument(
            () => Create(Valid() with { CurrentKey = Key(), PreviousHash = Hash(8), LastPromotedAt = s_now }),
            "wrapped keys and ids contradict each other"),
        ["a time before 1970"] = Argument(
            () => Create(Valid() with { CreatedAt = DateTimeOffset.UnixEpoch.AddDays(-1) }), "The record has a time out of range"),
        ["a record without fields"] = Argument(() => Create(Valid() with { Fields = null! }), "The record lacks its lifetimes, its fields"),
        ["an empty user id"] = Argument(() => Create(Valid() with { UserId = "" }), "The user id is empty"),
        ["a user id with NUL"] = Argument(() => Create(Valid() with { UserId = "a\0b" }), "The user id has a NUL character"),
        ["a user id with a lone surrogate"] = Argument(
            () => Create(Valid() with { UserId = "a\udc00" }), "The user id has a lone surrogate"),
        ["a user id of 257 bytes"] = Argument(() => Create(Valid() with { UserId = new('u', 257) }), "The user id is too long"),
        ["a user id of the library"] = Argument(
            () => UserIdRule.ThrowIfReserved("$alias:x", "userId"), "begins with '$alias:'", "Use another id"),
        ["no keys"] = Null(() => Run(store => store.FindManyAsync(null!).AsTask())),
        ["no record to end"] = Null(() => Run(store => store.EndAsync(null!, SessionEndReason.SignedOut).AsTask())),
        ["the default key"] = Argument(
            () => Run(store => store.GetAsync(default).AsTask()), "default(SessionKey), which names no session", "SessionData.Key"),
        ["a cap of no sessions"] = Range(() => _ = new SessionCap(0)),
        ["an unknown policy of a cap"] = Range(() => _ = new SessionCap(1, (SessionCapPolicy)9), "Use a member of SessionCapPolicy"),
        ["a cap over no list"] = Null(() => new SessionCap(1).ChooseEnded(null!, s_now)),
        ["a negative number of newer sessions"] = Range(() => new SessionCap(1).ChooseEnded([], -1, s_now)),
        ["a cap full of newer sessions"] = Case<SessionStoreException>(
            () => new SessionCap(1).ChooseEnded([], 1, s_now), "they fill the cap", "DeleteActiveSessionsAsync"),
        ["a level over 255"] = Range(() => _ = new SessionRaise(256, s_now), "An assurance level must be between 0 and 255"),
        ["a level under 0"] = Range(() => _ = new SessionRaise(-1, s_now), "An assurance level must be between 0 and 255"),
        ["a negative interval of a touch"] = Range(
            () => _ = new SessionTouch(s_now, interval: TimeSpan.FromTicks(-1)), "The interval of a touch must not be negative"),
        ["a renewal to no id"] = Argument(() => SessionRenewal.Promote(default, s_now), "The hash is default(SecretHash)"),
        ["a raise that keeps the id"] = Argument(
            () => Valid().Apply(new SessionChange { Raise = new SessionRaise(1, s_now) }, s_now),
            "does not replace the session id",
            "kind Replace"),
        ["a renewal without the data key"] = Argument(
            () => Sealed().Apply(new SessionChange { Renewal = SessionRenewal.Replace(Hash(9), s_now, Sealed()) }, s_now),
            "lacks the data key for the new id"),
        ["a condition without a name"] = Argument(() => _ = new SessionFieldCondition("", null), "A field name has 0 characters"),
        ["a condition with an empty value"] = Argument(
            () => _ = new SessionFieldCondition("a", ReadOnlyMemory<byte>.Empty), "The expected value is empty", "must be absent"),
        ["a hash of 15 bytes"] = Argument(() => _ = new SecretHash(new byte[15]), "The span has 15 bytes", "exactly 16"),
        ["a span that is too short for a hash"] = Argument(() => Hash(1).CopyTo(new byte[15]), "The span has 15 bytes", "needs 16"),
        ["a wrapped key of 31 bytes"] = Argument(() => WrappedKey.FromBytes(new byte[31]), "The span has 31 bytes", "exactly 32"),
        ["a string that is no key"] = Case<FormatException>(() => SessionKey.Parse("x"), "The string is not a session key"),
        ["JSON that is no key"] = Case<JsonException>(
            () => JsonSerializer.Deserialize<SessionKey>("1"), "The JSON value is not a session key"),
        ["the default key as JSON"] = Case<JsonException>(
            () => JsonSerializer.Serialize(default(SessionKey)), "default(SessionKey) names no session"),
        ["a time limit over 400 days"] = Range(
            () => _ = new SessionLifetimes(TimeSpan.FromDays(401), Hour, Hour), "is 401 days", "between 1 millisecond and 400 days"),
        ["a time limit under a millisecond"] = Range(
            () => _ = new SessionLifetimes(TimeSpan.FromTicks(1), Hour, Hour), "is 0 milliseconds"),
        ["a negative time limit"] = Range(() => _ = new SessionLifetimes(TimeSpan.FromSeconds(-2), Hour, Hour), "is -2000 milliseconds"),
        ["a store without a name"] = Case<ArgumentException>(() => _ = new StoreDescription("")),
        ["a query of an unknown state"] = Query(new() { State = (SessionState)9 }, "SessionQuery.State is no state of a session"),
        ["a query of notes"] = Query(new() { State = SessionState.Note }, "SessionQuery.State is no state of a session"),
        ["a query of an empty address"] = Query(new() { Address = "" }, "must have 1 to 512 characters", "Shorten the value"),
        ["a query of a long browser"] = Query(new() { UserAgent = new('x', 513) }, "must have 1 to 512 characters"),
        ["a query of no sessions"] = Query(new() { PageSize = 0 }, "SessionQuery.PageSize must be from 1 to 500"),
        ["a query of no time"] = Query(new() { CreatedFrom = s_now, CreatedBefore = s_now }, "it ends before it begins"),
        ["a query without a user"] = Query(new() { UserId = "" }, "The user id is empty"),
        ["no query"] = Null(() => QueryRange.Of(null!, null)),
        ["no session to continue after"] = Null(() => QueryPosition.Of(null!)),
        ["no rows"] = Null(() => ScannedRecords.Of(null!, 1)),
        ["rows without a key"] = Case<SessionStoreException>(
            () => ScannedRecords.Of([default, default], 2), "the next 2 rows of the table have no session key", "Delete them"),
        ["no lock for a record"] = Case<NotSupportedException>(
            () => Run(store => store.RewriteAsync(Valid().Key, static _ => null, default).AsTask()), "Override RewriteAsync"),
        ["a user whose sign-ins never end"] = Case<SessionStoreException>(
            () => Run(store => store.CreateAsync(Valid(), new SessionCap(1)).AsTask()), "Too many sign-ins of one user"),
        ["a record of a newer format"] = Case<SessionStoreException>(ReadNewer, "stored in format 9", "Update Sact.Session"),
    };

    public static TheoryData<string> Cases => [.. s_cases.Keys];

    private static TimeSpan Hour => TimeSpan.FromHours(1);

    [Theory]
    [MemberData(nameof(Cases))]
    public void SayWhatHappenedAndTheRule(string which)
    {
        var (type, parts, call) = s_cases[which];
        var refusal = Assert.Throws(type, call);
        Assert.All(parts, part => Assert.Contains(part, refusal.Message, StringComparison.Ordinal));
    }

    /// <summary>The record that the others are made of breaks no rule, so each of them is refused for what its name says.</summary>
    [Fact]
    public async Task DoNotMeetAValidRecord() =>
        Assert.Equal(SessionCreation.Created(), await new MemoryStore().CreateAsync(Valid()));

    private static (Type, string[], Action) Case<T>(Action call, params string[] parts)
        where T : Exception => (typeof(T), parts, call);

    private static (Type, string[], Action) Argument(Action call, params string[] parts) => Case<ArgumentException>(call, parts);

    private static (Type, string[], Action) Range(Action call, params string[] parts) => Case<ArgumentOutOfRangeException>(call, parts);

    private static (Type, string[], Action) Null(Action call) => Case<ArgumentNullException>(call);

    private static (Type, string[], Action) Query(SessionQuery query, params string[] parts) =>
        Argument(() => QueryCursor.Read("session", query), parts);

    private static void Store(GenericStoreOptions options) => _ = new BareStore(options);

    private static void Create(SessionRecord record) => Run(store => store.CreateAsync(record).AsTask());

    private static void Run(Func<BareStore, Task> call) => call(new BareStore(new GenericStoreOptions())).GetAwaiter().GetResult();

    private static void ReadNewer()
    {
        var store = new PackedStore(new(s_now));
        var newer = Valid() with { Format = 9 };
        store[newer.Key] = newer.Pack();
        store.GetAsync(newer.Key).AsTask().GetAwaiter().GetResult();
    }

    private static SecretHash Hash(byte value) => new([.. Enumerable.Repeat(value, SecretHash.Size)]);

    private static WrappedKey Key() => WrappedKey.FromBytes(Encoding.ASCII.GetBytes(new string('k', WrappedKey.Size)));

    private static SessionRecord Sealed() => Valid() with { CurrentKey = Key() };

    private static SessionRecord Valid() => new()
    {
        Key = SessionKey.Parse("session:" + new string('A', 24)),
        UserId = "alice",
        State = SessionState.SignedIn,
        LineageHash = Hash(1),
        CurrentHash = Hash(2),
        CreatedAt = s_now,
        LastSeenAt = s_now,
        Lifetimes = new SessionLifetimes(Hour, Hour, Hour),
    };
}
