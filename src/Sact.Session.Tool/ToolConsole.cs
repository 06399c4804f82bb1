using System.Text;
using Spectre.Console;

namespace Sact.Session.Tool;

/// <summary>What surrounds a command: input, output, the environment and the clock.</summary>
internal sealed class ToolConsole
{
    /// <summary>The connection string of the store.</summary>
    public const string ConnectionVariable = "SACT_SESSION_CONNECTION";

    /// <summary>The connection string of the store that <c>copy</c> writes to.</summary>
    public const string TargetVariable = "SACT_SESSION_TARGET_CONNECTION";

    /// <summary>The <see cref="GenericStoreOptions.RoutingKey"/> of the application, which may be a secret.</summary>
    public const string RoutingKeyVariable = "SACT_SESSION_ROUTING_KEY";

    public required TextReader In { get; init; }

    /// <summary>The answer of the command, for a reader or a program.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Problems, questions and progress.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Whether a person can answer a question and sees a progress bar.</summary>
    public bool IsInteractive { get; init; }

    /// <summary>Reads a variable of the environment.</summary>
    public required Func<string, string?> Variable { get; init; }

    /// <summary>The name of the user of the operating system.</summary>
    public required string UserName { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    public static ToolConsole OfProcess()
    {
        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        return new ToolConsole
        {
            In = Console.In,
            Out = Console.Out,
            Error = Console.Error,
            IsInteractive = !Console.IsInputRedirected && !Console.IsOutputRedirected && !Console.IsErrorRedirected,
            Variable = Environment.GetEnvironmentVariable,
            UserName = Environment.UserName,
        };
    }

    /// <summary>Reads a connection string. It is never written anywhere.</summary>
    /// <exception cref="ToolUsageException">The variable is missing or empty.</exception>
    public string ConnectionString(string variable) => Variable(variable) is { } value && !string.IsNullOrWhiteSpace(value)
        ? value
        : throw new ToolUsageException(
            $"The environment variable {variable} is missing or empty. Set it to the connection string of the store. "
            + "A connection string is never an argument, because other users of the machine can read those.");

    /// <summary>Reads the routing key; null if the variable is missing or empty. It is never written anywhere.</summary>
    public string? RoutingKey() => Variable(RoutingKeyVariable) is { Length: > 0 } value ? value : null;

    /// <summary>Waits for a confirmation. Without a person to answer, the option --yes is the only one.</summary>
    /// <exception cref="ToolUsageException">Nobody can answer.</exception>
    public async Task<bool> ConfirmAsync(string question, CancellationToken cancellationToken)
    {
        if (!IsInteractive)
        {
            throw new ToolUsageException("Nobody can answer a question here. Add the option --yes to confirm.");
        }

        await Error.WriteAsync($"{question} Type yes to continue: ").ConfigureAwait(false);
        string? answer = await In.ReadLineAsync(cancellationToken).ConfigureAwait(false);
        return string.Equals(answer?.Trim(), "yes", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Runs work with a progress bar, or with a plain line at each tenth of the way.</summary>
    /// <param name="title">What is done.</param>
    /// <param name="total">How many steps there are; 0 if nobody knows.</param>
    /// <param name="work">The work. It reports how many steps are done.</param>
    public async Task ProgressAsync(string title, long total, Func<Action<long>, Task> work)
    {
        if (!IsInteractive)
        {
            await work(new PlainProgress(Error, title, total).Report).ConfigureAwait(false);
            return;
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Error) });
        ProgressColumn[] columns =
        [
            new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(), new SpinnerColumn(),
        ];
        await console.Progress().Columns(columns).StartAsync(async context =>
        {
            var bar = context.AddTask(Markup.Escape(title), maxValue: Math.Max(total, 1));
            bar.IsIndeterminate = total == 0;
            await work(done => bar.Value = done).ConfigureAwait(false);
            bar.Value = bar.MaxValue;
        }).ConfigureAwait(false);
    }

    private sealed class PlainProgress(TextWriter output, string title, long total)
    {
        private const int UnknownStep = 10_000;
        private readonly Lock _lock = new();
        private long _next = Step(total);

        public void Report(long done)
        {
            lock (_lock)
            {
                if (done >= _next)
                {
                    output.WriteLine(total == 0 ? $"{title}: {done}" : $"{title}: {done} of {total}");
                    _next = done + Step(total);
                }
            }
        }

        private static long Step(long total) => total == 0 ? UnknownStep : Math.Max(1, (total + 9) / 10);
    }
}
