using System.CommandLine;

namespace Sact.Session.Tool;

/// <summary>The options that say which store a command works on.</summary>
internal sealed class StoreOptions
{
    private static readonly string[] s_kinds = ["sqlite", "postgresql", "redis"];

    private readonly Option<string?> _store;
    private readonly Option<string?> _table;
    private readonly Option<string?> _schema;
    private readonly bool _isTarget;

    private StoreOptions(string store, string table, string schema, bool isTarget)
    {
        string which = isTarget ? "the target" : "the store";
        _store = new(store) { Description = $"The kind of {which}: sqlite, postgresql or redis. Required." };
        _table = new(table) { Description = $"The table of {which} (SQLite, PostgreSQL); default sact_sessions." };
        _schema = new(schema) { Description = $"The schema of {which} (PostgreSQL); default public." };
        _isTarget = isTarget;
    }

    /// <summary>The options of the store that a command works on.</summary>
    public static StoreOptions OfStore() => new("--store", "--table", "--schema", isTarget: false);

    /// <summary>The options of the store that <c>copy</c> writes to.</summary>
    public static StoreOptions OfTarget() => new("--target-store", "--target-table", "--target-schema", isTarget: true);

    /// <summary>The prefix of the sessions. Both stores of a copy have the same one.</summary>
    public static Option<string?> NewPrefix() => new("--prefix")
    {
        Description = "The prefix of the session keys: what the application has, or what its log says at its start. Required.",
    };

    public void AddTo(Command command)
    {
        command.Add(_store);
        command.Add(_table);
        command.Add(_schema);
    }

    /// <summary>Reads the options.</summary>
    /// <exception cref="ToolUsageException">One is missing, unknown, or does not apply to the kind of store.</exception>
    public StoreChoice Read(ParseResult parsed, Option<string?> prefix)
    {
        string kind = parsed.GetValue(_store)?.ToLowerInvariant() ?? "";
        if (!s_kinds.Contains(kind, StringComparer.Ordinal))
        {
            throw new ToolUsageException($"The option {_store.Name} must be sqlite, postgresql or redis.");
        }

        if (parsed.GetValue(prefix) is not { } chosen || !SessionKey.IsValidPrefix(chosen))
        {
            throw new ToolUsageException(
                "The option --prefix is missing or invalid. A prefix has 1 to 64 characters out of a-z, 0-9, '_', '.' and '-'. "
                + "It is the first part of every session key.");
        }

        var choice = new StoreChoice(kind, chosen, parsed.GetValue(_table), parsed.GetValue(_schema), _isTarget);
        return (choice.Kind, choice.Table, choice.Schema) switch
        {
            ("redis", not null, _) => throw new ToolUsageException($"The option {_table.Name} does not apply to Redis."),
            ("redis" or "sqlite", _, not null) => throw new ToolUsageException($"The option {_schema.Name} applies to PostgreSQL only."),
            _ => choice,
        };
    }
}

/// <summary>Which store, without its connection string.</summary>
internal sealed record StoreChoice(string Kind, string Prefix, string? Table, string? Schema, bool IsTarget)
{
    /// <summary>The environment variable that has its connection string.</summary>
    public string Variable => IsTarget ? ToolConsole.TargetVariable : ToolConsole.ConnectionVariable;
}
