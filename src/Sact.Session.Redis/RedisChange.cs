using StackExchange.Redis;

namespace Sact.Session;

/// <summary>A change as the arguments of <see cref="RedisScripts.Update"/>.</summary>
internal static class RedisChange
{
    public static RedisValue[] Arguments(SessionRecord session, SessionChange change, DateTimeOffset now)
    {
        var renewal = change.Renewal;
        var raise = change.Raise;
        var arguments = new List<RedisValue>
        {
            RedisRows.Text(session.LineageHash),
            RedisRows.Text(now.ToUnixTimeMilliseconds()),
            RedisRows.Text(SessionRecord.CurrentFormat),
            RedisRows.Text(SessionRecord.SkewMargin),
            change.Generation is { } generation ? RedisRows.Text(generation) : "",
            change.Condition is null ? "" : change.Condition.Expected is null ? "a" : "v",
            change.Condition is { } condition ? RedisRows.FieldPrefix + condition.Name : "",
            change.Condition?.Expected is { } expected ? (RedisValue)expected : "",
            renewal?.Kind switch
            {
                SessionRenewalKind.Propose => "p",
                SessionRenewalKind.Promote => "m",
                SessionRenewalKind.Replace => "r",
                _ => "",
            },
            renewal is null ? "" : RedisRows.Text(renewal.Hash),
            renewal is null ? "" : RedisRows.Text(renewal.At),
            renewal?.ExpectedCurrent is { } current ? RedisRows.Text(current) : "",
            renewal?.ExpectedPending is { } pending ? RedisRows.Text(pending) : "",
            RedisRows.Text(change.Touch?.SeenAt) ?? "",
            RedisRows.Text(change.Touch?.Client) ?? "",
            session.Key.KeyPart,
            raise is null ? "" : RedisRows.Text(raise.Level),
            raise is null ? "" : RedisRows.Text(raise.AuthenticatedAt),
            raise is { SignsIn: true } ? "1" : "",
            raise?.Lifetimes is { } idle ? RedisRows.Text(idle.IdleTimeout) : "",
            raise?.Lifetimes is { } first ? RedisRows.Text(first.FirstUseTimeout) : "",
            raise?.Lifetimes is { } absolute ? RedisRows.Text(absolute.AbsoluteTimeout) : "",
            raise?.IsPersistent is { } persistent ? (persistent ? "1" : "0") : "",
            change is { MaxBytes: { } max, ChangesFields: true } ? RedisRows.Text(max) : "",
            RedisRows.Text(change.Remove.Count),
        };
        arguments.AddRange(change.Remove.Select(name => (RedisValue)(RedisRows.FieldPrefix + name)));
        foreach (var (name, value) in change.Set ?? SessionFields.Empty)
        {
            arguments.Add(RedisRows.FieldPrefix + name);
            arguments.Add(value);
        }

        return [.. arguments];
    }
}
