using System.Buffers;
using System.Globalization;
using System.Text;
using StackExchange.Redis;

namespace Sact.Session;

/// <summary>
/// Records as hashes of Redis: short names for what the library keeps, and <c>f:</c> before the name of a field. Instants and spans are
/// decimal milliseconds, and hashes of secrets are hexadecimal.
/// </summary>
internal static class RedisRows
{
    public const string FieldPrefix = "f:";

    // The longest name of a field has 128 characters, and a prefix comes before it.
    private const int MostNameBytes = (3 * 128) + 2;

    private static readonly RedisValue s_yes = "1";
    private static readonly RedisValue s_format = "fmt";

    /// <summary>The fault if a newer version wrote the record; null if none did.</summary>
    public static SessionStoreException? NewerFormat(HashEntry[] hash)
    {
        foreach (var entry in hash)
        {
            if (entry.Name == s_format)
            {
                return entry.Value.TryParse(out long format) && format > SessionRecord.CurrentFormat
                    ? new SessionStoreException($"A session has format {format}, and this version of Sact.Session reads formats up to "
                        + $"{SessionRecord.CurrentFormat}. Update Sact.Session on this machine.")
                    : null;
            }
        }

        return null;
    }

    /// <summary>Reads in one pass, in which only the user id and the names of fields become strings: a read makes little garbage.</summary>
    /// <exception cref="FormatException">The hash is unreadable.</exception>
    public static SessionRecord Read(SessionKey key, HashEntry[] hash)
    {
        try
        {
            var row = default(Row);
            var fields = new List<KeyValuePair<string, ReadOnlyMemory<byte>>>();
            Span<byte> utf8 = stackalloc byte[MostNameBytes];
            Span<char> room = stackalloc char[MostNameBytes];
            foreach (var entry in hash)
            {
                var value = entry.Value;
                ReadOnlySpan<char> name = entry.Name.GetByteCount() <= MostNameBytes
                    ? room[..Encoding.UTF8.GetChars(utf8[..entry.Name.CopyTo(utf8)], room)]
                    : entry.Name.ToString();
                switch (name)
                {
                    case ['f', ':', .. var field]: fields.Add(new(field.ToString(), value)); break;
                    case "fmt": row.Format = value; break;
                    case "uid": row.User = value; break;
                    case "st": row.State = value; break;
                    case "lv": row.Level = value; break;
                    case "lin": row.Lineage = value; break;
                    case "cur": row.Current = value; break;
                    case "pen": row.Pending = value; break;
                    case "pns": row.PendingSince = value; break;
                    case "prv": row.Previous = value; break;
                    case "prm": row.Promoted = value; break;
                    case "gen": row.Generation = value; break;
                    case "prs": row.Presented = value; break;
                    case "per": row.IsPersistent = value; break;
                    case "sc": row.SignInClient = value; break;
                    case "lc": row.LastSeenClient = value; break;
                    case "cr": row.Created = value; break;
                    case "au": row.Authenticated = value; break;
                    case "ls": row.LastSeen = value; break;
                    case "idl": row.Idle = value; break;
                    case "fst": row.FirstUse = value; break;
                    case "abs": row.Absolute = value; break;
                }
            }

            var record = new SessionRecord
            {
                Key = key,
                UserId = row.User,
                State = (SessionState)Whole(row.State),
                AssuranceLevel = Whole(row.Level),
                LineageHash = Hash(row.Lineage),
                CurrentHash = Hash(row.Current),
                PendingHash = row.Pending.IsNull ? null : Hash(row.Pending),
                PendingSince = row.PendingSince.IsNull ? null : Instant(row.PendingSince),
                PreviousHash = row.Previous.IsNull ? null : Hash(row.Previous),
                LastPromotedAt = row.Promoted.IsNull ? null : Instant(row.Promoted),
                Generation = row.Generation.IsNull ? 0 : Whole(row.Generation),
                Presented = row.Presented == s_yes,
                IsPersistent = row.IsPersistent == s_yes,
                Fields = SessionFields.Restore(fields),
                SignInClient = Client(row.SignInClient),
                LastSeenClient = Client(row.LastSeenClient),
                CreatedAt = Instant(row.Created),
                AuthenticatedAt = row.Authenticated.IsNull ? null : Instant(row.Authenticated),
                LastSeenAt = Instant(row.LastSeen),
                Lifetimes = new SessionLifetimes(Span(row.Idle), Span(row.FirstUse), Span(row.Absolute)),
                Format = Whole(row.Format),
            };
            return SessionRecord.Validate(record) is { } fault ? throw new FormatException(fault) : record;
        }
        catch (Exception fault) when (fault is ArgumentException or OverflowException or IndexOutOfRangeException)
        {
            throw new FormatException("The hash is not a session record.", fault);
        }
    }

    public static IEnumerable<RedisValue> Write(SessionRecord record)
    {
        var row = new List<RedisValue>();
        void Add(string name, string? value)
        {
            if (value is not null)
            {
                row.Add(name);
                row.Add(value);
            }
        }

        Add("fmt", Text(record.Format));
        Add("uid", record.UserId);
        Add("st", Text((int)record.State));
        Add("lv", Text(record.AssuranceLevel));
        Add("lin", Text(record.LineageHash));
        Add("cur", Text(record.CurrentHash));
        Add("pen", record.PendingHash is { } pending ? Text(pending) : null);
        Add("pns", Text(record.PendingSince));
        Add("prv", record.PreviousHash is { } previous ? Text(previous) : null);
        Add("prm", Text(record.LastPromotedAt));
        Add("gen", record.Generation == 0 ? null : Text(record.Generation));
        Add("prs", record.Presented ? "1" : null);
        Add("per", record.IsPersistent ? "1" : null);
        Add("sc", Text(record.SignInClient));
        Add("lc", Text(record.LastSeenClient));
        Add("cr", Text(record.CreatedAt));
        Add("au", Text(record.AuthenticatedAt));
        Add("ls", Text(record.LastSeenAt));
        Add("idl", Text(record.Lifetimes.IdleTimeout));
        Add("fst", Text(record.Lifetimes.FirstUseTimeout));
        Add("abs", Text(record.Lifetimes.AbsoluteTimeout));
        foreach (var (name, value) in record.Fields)
        {
            row.Add(FieldPrefix + name);
            row.Add(value);
        }

        return row;
    }

    public static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    public static string Text(SecretHash hash)
    {
        Span<byte> bytes = stackalloc byte[SecretHash.Size];
        hash.CopyTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    public static string? Text(DateTimeOffset? instant) => instant is { } known ? Text(known.ToUnixTimeMilliseconds()) : null;

    public static string Text(TimeSpan span) => Text(span.Ticks / TimeSpan.TicksPerMillisecond);

    /// <summary>The length of the user agent, the user agent, and the address; '-' in place of what is null.</summary>
    public static string? Text(SessionClient? client) => client is null
        ? null
        : (client.UserAgent is { } agent ? $"{Text(agent.Length)}:{agent}" : "-:")
            + (client.RemoteAddress is { } address ? "+" + address : "-");

    private static SessionClient? Client(string? text)
    {
        if (text is null)
        {
            return null;
        }

        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string length = text[..Math.Max(colon, 0)];
        string rest = text[(colon + 1)..];
        int end = length == "-" ? 0 : int.Parse(length, NumberStyles.None, CultureInfo.InvariantCulture);
        return new SessionClient(length == "-" ? null : rest[..end], rest[end] == '-' ? null : rest[(end + 1)..]);
    }

    private static long Number(RedisValue value) => !value.IsNull && value.TryParse(out long number)
        ? number
        : throw new FormatException("A number is missing in the hash, or is another string.");

    private static int Whole(RedisValue value) => checked((int)Number(value));

    private static TimeSpan Span(RedisValue value) => TimeSpan.FromMilliseconds(Number(value));

    private static DateTimeOffset Instant(RedisValue value) => DateTimeOffset.FromUnixTimeMilliseconds(Number(value));

    private static SecretHash Hash(RedisValue value)
    {
        Span<byte> text = stackalloc byte[2 * SecretHash.Size];
        Span<byte> bytes = stackalloc byte[SecretHash.Size];
        return value.GetByteCount() == text.Length
            && Convert.FromHexString(text[..value.CopyTo(text)], bytes, out _, out _) == OperationStatus.Done
            ? new SecretHash(bytes)
            : throw new FormatException("The hash of a secret is missing, or is another string.");
    }

    /// <summary>The values of the hash by what they mean; null for one that is missing.</summary>
    private struct Row
    {
        public RedisValue Format, User, State, Level, Lineage, Current, Pending, PendingSince, Previous, Promoted, Generation, Presented;
        public RedisValue IsPersistent, SignInClient, LastSeenClient, Created, Authenticated, LastSeen, Idle, FirstUse, Absolute;
    }
}
