using static Sact.Session.StoreContract.CaseRun;

namespace Sact.Session.StoreContract;

/// <summary>Draws random fields, lifetimes and changes.</summary>
internal sealed class ModelChanges(SeededNumbers numbers)
{
    private static readonly string[] s_names = ["a", "A", "b.c", "$d"];
    private static readonly string[] s_values = ["null", "1", "1.0", "-0", "\"\\u0000\"", "{\"b\":1,\"a\":2}", "\"👍\""];

    public static string Show(SessionChange change) => string.Join(
        ", ",
        new[]
        {
            change.Set is { } set ? "set " + string.Join(' ', set.Select(field => field.Key)) : "",
            change.Remove.Count > 0 ? "remove " + string.Join(' ', change.Remove) : "",
            change.Condition is { } condition ? $"if {condition.Name} is {(condition.Expected is null ? "absent" : "so")}" : "",
            change.Generation is { } generation ? $"in generation {generation}" : "",
            change.Touch is { } touch ? $"touch {touch.SeenAt:O} every {touch.Interval}" : "",
            change.Renewal is { } renewal ? $"{renewal.Kind}" : "",
            change.Raise is { } raise ? $"raise {raise.Level}{(raise.SignsIn ? " signs in" : "")}" : "",
            change.MaxBytes is { } max ? $"at most {max} bytes" : "",
        }.Where(part => part.Length > 0));

    public SessionLifetimes Lifetimes() => new(
        TimeSpan.FromMinutes(5) + numbers.UpTo(TimeSpan.FromMinutes(30)),
        TimeSpan.FromMinutes(1) + numbers.UpTo(TimeSpan.FromMinutes(30)),
        TimeSpan.FromMinutes(20) + numbers.UpTo(TimeSpan.FromMinutes(90)));

    public SessionFields? Fields()
    {
        var names = s_names.Where(_ => numbers.Percent(40)).ToArray();
        return names.Length == 0 ? null : CaseRun.Fields([.. names.Select(name => (name, numbers.Of(s_values)))]);
    }

    /// <summary>Draws a change.</summary>
    /// <param name="live">The stored session, so that about half of the conditions hold; null if there is none.</param>
    /// <param name="held">The record that the caller holds and bases its decision on.</param>
    /// <param name="now">The current time.</param>
    public SessionChange Draw(ModelSession? live, SessionRecord held, DateTimeOffset now)
    {
        var raise = numbers.Percent(12)
            ? new SessionRaise(
                numbers.Below(4),
                Around(now),
                numbers.Percent(60),
                numbers.Percent(40) ? Lifetimes() : null,
                numbers.Percent(30) ? numbers.Percent(50) : null)
            : null;
        return new SessionChange
        {
            Set = numbers.Percent(50) ? Fields() : null,
            Remove = numbers.Percent(25) ? [numbers.Of(s_names), numbers.Of(s_names)] : [],
            Condition = numbers.Percent(25) ? Condition(live) : null,
            Generation = numbers.Percent(25) ? held.Generation : null,
            Touch = numbers.Percent(35) ? Touch(now) : null,
            Renewal = raise is not null
                ? SessionRenewal.Replace(numbers.Hash(), Around(now), held)
                : numbers.Percent(30)
                ? Renewal(held, now)
                : null,
            Raise = raise,
            MaxBytes = numbers.Percent(15) ? 1 + numbers.Below(40) : null,
        };
    }

    private SessionTouch Touch(DateTimeOffset now) => new(
        Around(now),
        numbers.Percent(30) ? new SessionClient($"Agent {numbers.Below(3)}", null) : null,
        numbers.Percent(50) ? numbers.UpTo(TimeSpan.FromMinutes(5)) : TimeSpan.Zero);

    private SessionRenewal Renewal(SessionRecord held, DateTimeOffset now) => numbers.Below(5) switch
    {
        < 2 => SessionRenewal.Propose(numbers.Hash(), Around(now), held),
        < 4 => SessionRenewal.Promote(held.PendingHash ?? numbers.Hash(), Around(now)),
        _ => SessionRenewal.Replace(numbers.Hash(), Around(now), held),
    };

    private SessionFieldCondition Condition(ModelSession? live)
    {
        string name = numbers.Of(s_names);
        string? value = numbers.Percent(60) ? live?.Fields.GetValueOrDefault(name) : numbers.Percent(30) ? null : numbers.Of(s_values);
        return new SessionFieldCondition(name, JsonOrAbsent(value));
    }

    /// <summary>Draws a time: usually now, sometimes the time of another node's clock, sometimes the far future.</summary>
    private DateTimeOffset Around(DateTimeOffset now) => numbers.Below(10) switch
    {
        < 6 => now,
        < 8 => now - numbers.UpTo(TimeSpan.FromMinutes(10)),
        < 9 => now + numbers.UpTo(TimeSpan.FromMinutes(10)),
        _ => now + numbers.UpTo(TimeSpan.FromHours(3)),
    };
}
