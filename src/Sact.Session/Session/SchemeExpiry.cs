using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Sact.Session;

/// <summary>
/// An expiry that <c>OnValidatePrincipal</c> has set for a session that exists. The lifetimes of a session are fixed when it begins, so
/// it is a field. The scheme ends the session then. Open connections and the time that is left follow it too. It follows the rules of the
/// framework's cookie scheme and never extends the session.
/// </summary>
/// <param name="ExpiresAt">When the scheme ends the session.</param>
/// <param name="Span">By how much a use in the second half moves the expiry.</param>
internal readonly record struct SchemeExpiry(DateTimeOffset ExpiresAt, TimeSpan Span)
{
    public const string Name = "$expires";

    // A day in the year 8307. DateTimeOffset throws for a year after 9999.
    public const long MaxMilliseconds = 200_000_000_000_000;

    /// <summary>How long ago the span began.</summary>
    public TimeSpan Elapsed(DateTimeOffset now) => now - (ExpiresAt - Span);

    /// <summary>The expiry of a session; null if only its lifetimes end it.</summary>
    /// <exception cref="JsonException">The field cannot be read.</exception>
    public static SchemeExpiry? Of(SessionRecord record)
    {
        if (!record.Fields.TryGetValue(Name, out var json))
        {
            return null;
        }

        using var document = JsonDocument.Parse(json);
        return document.RootElement is { ValueKind: JsonValueKind.Array } pair
            && pair.GetArrayLength() == 2
            && pair[0].TryGetInt64(out long expires)
            && pair[1].TryGetInt64(out long span)
            && Math.Abs(expires) < MaxMilliseconds
            && Math.Abs(span) < MaxMilliseconds
                ? new(DateTimeOffset.FromUnixTimeMilliseconds(expires), TimeSpan.FromMilliseconds(span))
                : throw new JsonException("The expiry is not two numbers, which is the format of this version.");
    }

    /// <summary>When a session ends: by its lifetimes, or by the expiry of the scheme if that is earlier and can be read.</summary>
    public static DateTimeOffset EndOf(SessionRecord record)
    {
        try
        {
            return Of(record) is { } own && own.ExpiresAt < record.ExpiresAt ? own.ExpiresAt : record.ExpiresAt;
        }
        catch (JsonException)
        {
            return record.ExpiresAt;
        }
    }

    /// <summary>The expiry that a validator has set, counted as the framework does: by the span from the time of issue.</summary>
    /// <param name="wanted">The expiry that the validator has set.</param>
    /// <param name="issued">When the principal was issued.</param>
    /// <param name="record">The session.</param>
    /// <param name="now">The current time.</param>
    public static SchemeExpiry At(DateTimeOffset wanted, DateTimeOffset issued, SessionRecord record, DateTimeOffset now)
    {
        // The framework issues a ticket again in the second half of its life. The session does not note when that would have been.
        var span = wanted - (now - issued > record.Lifetimes.IdleTimeout / 2 ? now : issued);
        return new(now + span, span);
    }

    /// <summary>That no other request has moved the expiry since the record was read.</summary>
    public static SessionFieldCondition Unchanged(SessionRecord record) =>
        new(Name, record.Fields.TryGetValue(Name, out var json) ? json : default(ReadOnlyMemory<byte>?));

    public SessionFields Field() => SessionFields.Create([new(Name, Encoding.ASCII.GetBytes(string.Create(
        CultureInfo.InvariantCulture, $"[{ExpiresAt.ToUnixTimeMilliseconds()},{(long)Span.TotalMilliseconds}]")))]);
}
