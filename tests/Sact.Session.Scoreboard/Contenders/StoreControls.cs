namespace Sact.Session.Scoreboard;

/// <summary>What the scoreboard does to the store of an application of .NET. What is not set is not offered.</summary>
internal sealed record StoreControls
{
    public const string Stateless = "The session is in the cookie, and there is no store.";

    /// <summary>Why a control is not offered.</summary>
    public string Reason { get; init; } = "The contender does not offer this to the scoreboard.";

    public string? SweepReason { get; init; }

    public string? DumpReason { get; init; }

    public Func<Task<long>>? CountAsync { get; init; }

    public Func<Task<IEnumerable<string>>>? DumpAsync { get; init; }

    /// <summary>Removes what has expired, as a timer would; by default nothing has to be done.</summary>
    public Func<Task> SweepAsync { get; init; } = static () => Task.CompletedTask;

    /// <summary>Stops what was started for the application alone.</summary>
    public Func<ValueTask> CloseAsync { get; init; } = static () => default;

    public Action<bool>? Break { get; init; }

    public Action<bool>? RepeatIds { get; init; }
}
