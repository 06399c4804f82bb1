using System.Text;

namespace Sact.Session.Tests;

/// <summary>Valid records of every shape, the same for the same seed.</summary>
internal sealed class RandomRecords(int seed)
{
    private static readonly string[] s_users = ["alice", "Zoë", "名前", "😀", "a b:c", new('u', UserIdRule.MaxBytes)];
    private static readonly string[] s_strings = ["", "a", "Zoë", "名前", "\u0001", new('x', 500), "😀"];

    private readonly MemoryStore _store = new();
    private readonly Random _random = new(seed);

    public SessionRecord Next()
    {
        string? userId = Maybe() ? s_users[_random.Next(s_users.Length)] : null;
        bool hasPending = Maybe(), hasPrevious = Maybe(), hasKeys = Maybe();
        var created = Time(0);
        return new SessionRecord
        {
            Key = _store.GetSessionKey(_store.CreateSessionId(userId)),
            UserId = userId,
            State = userId is null ? SessionState.Anonymous : (SessionState)(1 + _random.Next(2)),
            AssuranceLevel = _random.Next(256),
            LineageHash = Hash(),
            CurrentHash = Hash(),
            CurrentKey = hasKeys ? Key() : null,
            PendingKey = hasKeys && hasPending ? Key() : null,
            PreviousKey = hasKeys && hasPrevious ? Key() : null,
            PendingHash = hasPending ? Hash() : null,
            PendingSince = hasPending ? Time(1) : null,
            PreviousHash = hasPrevious ? Hash() : null,
            LastPromotedAt = hasPrevious || Maybe() ? Time(2) : null,
            Generation = Maybe() ? _random.Next() : 0,
            Presented = Maybe(),
            IsPersistent = Maybe(),
            Fields = Fields(),
            SignInClient = Client(),
            LastSeenClient = Client(),
            CreatedAt = created,
            AuthenticatedAt = Maybe() ? Time(3) : null,
            LastSeenAt = created.AddMilliseconds(_random.Next(1, 1_000_000)),
            Lifetimes = new SessionLifetimes(Span(), Span(), Span()),
            Version = _random.NextInt64(1, long.MaxValue),
        };
    }

    private WrappedKey Key()
    {
        byte[] bytes = new byte[WrappedKey.Size];
        _random.NextBytes(bytes);
        return WrappedKey.FromBytes(bytes);
    }

    private bool Maybe() => _random.Next(2) == 0;

    private SecretHash Hash()
    {
        byte[] bytes = new byte[SecretHash.Size];
        _random.NextBytes(bytes);
        return new SecretHash(bytes);
    }

    private DateTimeOffset Time(int days) =>
        DateTimeOffset.UnixEpoch.AddDays(20_000 + days).AddMilliseconds(_random.Next(1_000_000_000));

    private TimeSpan Span() => TimeSpan.FromMilliseconds(_random.NextInt64(1, (long)SessionLifetimes.Maximum.TotalMilliseconds + 1));

    private SessionClient? Client() => Maybe() ? new SessionClient(Maybe() ? String() : null, Maybe() ? String() : null) : null;

    private string String() => s_strings[_random.Next(s_strings.Length)];

    private SessionFields Fields() => SessionFields.Create(Enumerable.Range(0, _random.Next(6)).Select(i =>
        KeyValuePair.Create(
            $"{(Maybe() ? "$" : "")}name{i}",
            (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes($"\"{new string('v', _random.Next(300))}\""))));
}
