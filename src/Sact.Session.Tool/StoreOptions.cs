using System.CommandLine;

namespace Sact.Session.Tool;

/// <summary>The options that say which store a command works on.</summary>
internal sealed class StoreOptions
{
    private static readonly string[] s_kinds = ["sqlite", "postgresql", "redis"];
    private readonly string _lead;

    private StoreOptions(string lead, string whose)
    {
        _lead = lead;
        Store = new Option<string?>($"--{lead}store") { Description = $"The kind of {whose}: sqlite, postgresql or redis. Required." };
        Table = new Option<string?>($"--{lead}table")
        {
            Description = $"The table of {whose} (SQLite, PostgreSQL); default sact_sessions.",
        };
        Schema = new Option<string?>($"--{lead}schema") { Description = $"The schema of {whose} (PostgreSQL); default public." };
    }

    public Option<string?> Store { get; }

    public Option<string?> Table { get; }

    public Option<string?> Schema { get; }

    /// <summary>The prefix of the sessions. Both stores of a copy have the same one.</summary>
    public static Option<string?> NewPrefix() => new("--prefix")
    {
        Description = "The prefix of the session keys: what the application has, or what its log says at its start. Required.",
    };

    /// <summary>The options of the store that a command reads.</summary>
    public static StoreOptions OfStore() => new("", "the store");

    /// <summary>The options of the store that <c>copy</c> writes to.</summary>
    public static StoreOptions OfTarget() => new("target-", "the target");

    public void AddTo(Command command)
    {
        command.Add(Store);
        command.Add(Table);
        command.Add(Schema);
    }

    /// <summary>Reads the options.</summary>
    /// <exception cref="ToolUsageException">One is missing, unknown, or does not apply to the kind of store.</exception>
    public StoreChoice Read(ParseResult parsed, Option<string?> prefix)
    {
        string kind = parsed.GetValue(Store)?.ToLowerInvariant() ?? "";
        if (!s_kinds.Contains(kind, StringComparer.Ordinal))
        {
            throw new ToolUsageException($"The option --{_lead}store must be sqlite, postgresql or redis.");
        }

        if (parsed.GetValue(prefix) is not { } chosen || !SessionKey.IsValidPrefix(chosen))
        {
            throw new ToolUsageException(
                "The option --prefix is missing or invalid. A prefix has 1 to 64 characters out of a-z, 0-9, '_', '.' and '-'. "
                + "It is the first part of every session key.");
        }

        var choice = new StoreChoice(kind, chosen, parsed.GetValue(Table), parsed.GetValue(Schema));
        return (choice.Kind, choice.Table, choice.Schema) switch
        {
            ("redis", not null, _) => throw new ToolUsageException($"The option --{_lead}table does not apply to Redis."),
            ("redis" or "sqlite", _, not null) => throw new ToolUsageException($"The option --{_lead}schema applies to PostgreSQL only."),
            _ => choice,
        };
    }
}

/// <summary>Which store, without its connection string.</summary>
internal sealed record StoreChoice(string Kind, string Prefix, string? Table, string? Schema);
