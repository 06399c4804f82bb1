using System.CommandLine;
using System.CommandLine.Parsing;

namespace Sact.Session.Tool;

/// <summary>The conditions of a <see cref="SessionQuery"/> as options.</summary>
internal sealed class QueryOptions
{
    private readonly Option<string?> _state = new("--state") { Description = "The state: signed-in, pending or anonymous." };
    private readonly Option<string?> _address = new("--address") { Description = "The IP address at the sign-in or when last seen." };
    private readonly Option<string?> _userAgent = new("--user-agent") { Description = "A part of the User-Agent." };
    private readonly Option<DateTimeOffset?> _createdFrom = Time("--created-from", "The session began at this time or later.");
    private readonly Option<DateTimeOffset?> _createdBefore = Time("--created-before", "The session began before this time.");
    private readonly Option<DateTimeOffset?> _seenFrom = Time("--last-seen-from", "The session was last seen at this time or later.");
    private readonly Option<DateTimeOffset?> _seenBefore = Time("--last-seen-before", "The session was last seen before this time.");

    public Option<string?> User { get; } = new("--user") { Description = "The user id." };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[User, _state, _address, _userAgent, _createdFrom, _createdBefore, _seenFrom, _seenBefore])
        {
            command.Add(option);
        }
    }

    /// <summary>Reads the conditions.</summary>
    /// <exception cref="ToolUsageException">One of them breaks its rule.</exception>
    public SessionQuery Read(ParseResult parsed)
    {
        var query = new SessionQuery
        {
            UserId = parsed.GetValue(User),
            State = StateOf(parsed.GetValue(_state)),
            Address = parsed.GetValue(_address),
            UserAgent = parsed.GetValue(_userAgent),
            CreatedFrom = parsed.GetValue(_createdFrom),
            CreatedBefore = parsed.GetValue(_createdBefore),
            LastSeenFrom = parsed.GetValue(_seenFrom),
            LastSeenBefore = parsed.GetValue(_seenBefore),
        };
        return SessionQuery.Validate(query) is { } broken ? throw new ToolUsageException(broken) : query;
    }

    private static SessionState? StateOf(string? name) => name?.ToLowerInvariant() switch
    {
        null => null,
        "signed-in" => SessionState.SignedIn,
        "pending" => SessionState.Pending,
        "anonymous" => SessionState.Anonymous,
        _ => throw new ToolUsageException("The option --state must be signed-in, pending or anonymous."),
    };

    private static Option<DateTimeOffset?> Time(string name, string what) => new(name)
    {
        Description = what + " ISO 8601, UTC unless it has an offset.",
        CustomParser = TimeOf,
    };

    private static DateTimeOffset? TimeOf(ArgumentResult argument)
    {
        if (argument.Tokens is [var token]
            && Iso8601.TryParse(token.Value, out var time))
        {
            return time;
        }

        argument.AddError("The time is invalid.");
        return null;
    }
}
