using System.Globalization;
using StackExchange.Redis;

namespace Sact.Session;

/// <summary>Records as hashes: short names for what the library keeps, <c>f:</c> before the name of a field; instants and spans in decimal milliseconds, hashes in hexadecimal.</summary>
internal static class RedisRows
{
    public const string FieldPrefix = "f:";

    /// <summary>What to tell if the record was written by a newer version; null if it was not.</summary>
    public static SessionStoreException? NewerFormat(IEnumerable<HashEntry> hash) =>
        hash.FirstOrDefault(entry => entry.Name == "fmt").Value.TryParse(out long format) && format > SessionRecord.CurrentFormat
            ? new SessionStoreException($"A session was written in format {format}, and this version knows {SessionRecord.CurrentFormat}. Update Sact.Session on this machine.")
            : null;

    /// <exception cref="FormatException">The hash is unreadable.</exception>
    public static SessionRecord Read(SessionKey key, IEnumerable<HashEntry> hash)
    {
        try
        {
            var meta = new Dictionary<string, RedisValue>(StringComparer.Ordinal);
            var fields = new List<KeyValuePair<string, ReadOnlyMemory<byte>>>();
            foreach (var entry in hash)
            {
                string name = entry.Name.ToString();
                if (name.StartsWith(FieldPrefix, StringComparison.Ordinal))
                {
                    fields.Add(new(name[FieldPrefix.Length..], (byte[]?)entry.Value ?? []));
                }
                else
                {
                    meta[name] = entry.Value;
                }
            }

            var record = new SessionRecord
            {
                Key = key,
                UserId = Text(meta, "uid"),
                State = (SessionState)int.Parse(Needed(meta, "st"), CultureInfo.InvariantCulture),
                AssuranceLevel = int.Parse(Needed(meta, "lv"), CultureInfo.InvariantCulture),
                LineageHash = Hash(Needed(meta, "lin")),
                CurrentHash = Hash(Needed(meta, "cur")),
                PendingHash = Text(meta, "pen") is { } pending ? Hash(pending) : null,
                PendingSince = Instant(meta, "pns"),
                PreviousHash = Text(meta, "prv") is { } previous ? Hash(previous) : null,
                LastPromotedAt = Instant(meta, "prm"),
                Generation = int.Parse(Text(meta, "gen") ?? "0", CultureInfo.InvariantCulture),
                Presented = Text(meta, "prs") == "1",
                Persistent = Text(meta, "per") == "1",
                Fields = SessionFields.Restore(fields),
                SignInClient = Client(Text(meta, "sc")),
                LastSeenClient = Client(Text(meta, "lc")),
                CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(Number(Needed(meta, "cr"))),
                AuthenticatedAt = Instant(meta, "au"),
                LastSeenAt = DateTimeOffset.FromUnixTimeMilliseconds(Number(Needed(meta, "ls"))),
                Limits = new SessionLimits(Span(meta, "idl"), Span(meta, "fst"), Span(meta, "abs")),
                Format = int.Parse(Needed(meta, "fmt"), NumberStyles.None, CultureInfo.InvariantCulture),
            };
            return SessionRecord.FaultOf(record) is { } fault ? throw new FormatException(fault) : record;
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
        Add("per", record.Persistent ? "1" : null);
        Add("sc", Text(record.SignInClient));
        Add("lc", Text(record.LastSeenClient));
        Add("cr", Text(record.CreatedAt));
        Add("au", Text(record.AuthenticatedAt));
        Add("ls", Text(record.LastSeenAt));
        Add("idl", Text(record.Limits.IdleTimeout));
        Add("fst", Text(record.Limits.FirstUseTimeout));
        Add("abs", Text(record.Limits.AbsoluteTimeout));
        foreach (var (name, value) in record.Fields)
        {
            row.Add(FieldPrefix + name);
            row.Add(value);
        }

        return row;
    }

    public static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    public static string Text(SecretHash hash) => Convert.ToHexStringLower(hash.ToArray());

    public static string? Text(DateTimeOffset? instant) => instant is { } known ? Text(known.ToUnixTimeMilliseconds()) : null;

    public static string Text(TimeSpan span) => Text(span.Ticks / TimeSpan.TicksPerMillisecond);

    /// <summary>The length of the user agent, then it, then the address; '-' stands for what is null.</summary>
    public static string? Text(SessionClient? client) => client is null
        ? null
        : $"{(client.UserAgent is { } agent ? Text(agent.Length) : "-")}:{client.UserAgent}{(client.RemoteAddress is { } address ? "+" + address : "-")}";

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

    private static string? Text(Dictionary<string, RedisValue> meta, string name) => meta.TryGetValue(name, out var value) ? value.ToString() : null;

    private static string Needed(Dictionary<string, RedisValue> meta, string name) => Text(meta, name) ?? throw new FormatException($"The hash has no '{name}'.");

    private static long Number(string text) => long.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    private static TimeSpan Span(Dictionary<string, RedisValue> meta, string name) => TimeSpan.FromMilliseconds(Number(Needed(meta, name)));

    private static DateTimeOffset? Instant(Dictionary<string, RedisValue> meta, string name) =>
        Text(meta, name) is { } text ? DateTimeOffset.FromUnixTimeMilliseconds(Number(text)) : null;

    private static SecretHash Hash(string text) => new(Convert.FromHexString(text));
}
