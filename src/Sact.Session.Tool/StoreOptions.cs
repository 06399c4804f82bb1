using System.CommandLine;

namespace Sact.Session.Tool;

/// <summary>The options that say which store a command works on.</summary>
internal sealed class StoreOptions
{
    private static readonly string[] s_kinds = ["sqlite", "postgresql", "redis"];

    public Option<string?> Store { get; } = new("--store")
    {
        Description = "The kind of the store: sqlite, postgresql or redis. Required.",
    };

    public Option<string?> Table { get; } = new("--table")
    {
        Description = "The table of the store (SQLite, PostgreSQL); default sact_sessions.",
    };

    public Option<string?> Schema { get; } = new("--schema") { Description = "The schema of the store (PostgreSQL); default public." };

    /// <summary>The prefix of the sessions.</summary>
    public static Option<string?> NewPrefix() => new("--prefix")
    {
        Description = "The prefix of the session keys: what the application has, or what its log says at its start. Required.",
    };

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
            throw new ToolUsageException("The option --store must be sqlite, postgresql or redis.");
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
            ("redis", not null, _) => throw new ToolUsageException("The option --table does not apply to Redis."),
            ("redis" or "sqlite", _, not null) => throw new ToolUsageException("The option --schema applies to PostgreSQL only."),
            _ => choice,
        };
    }
}

/// <summary>Which store, without its connection string.</summary>
internal sealed record StoreChoice(string Kind, string Prefix, string? Table, string? Schema);
