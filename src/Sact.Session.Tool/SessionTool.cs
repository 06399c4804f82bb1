using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics.CodeAnalysis;
using Sact.Session.Tool.Commands;

namespace Sact.Session.Tool;

/// <summary>
/// The commands, and what becomes of their faults. No message repeats an argument: it may be a secret in the wrong place.
/// </summary>
internal static class SessionTool
{
    /// <summary>Runs a command.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "An operator gets a sentence, and no stack.")]
    public static async Task<int> RunAsync(
        IReadOnlyList<string> arguments, ToolConsole console, CancellationToken cancellationToken = default)
    {
        var root = Commands(console);
        var parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
        {
            return await FailAsync(console, ExitCode.Usage, Explain(parsed)).ConfigureAwait(false);
        }

        try
        {
            var invocation = new InvocationConfiguration
            {
                Output = console.Out,
                Error = console.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return await parsed.InvokeAsync(invocation, cancellationToken).ConfigureAwait(false);
        }
        catch (ToolUsageException wrong)
        {
            return await FailAsync(console, ExitCode.Usage, wrong.Message).ConfigureAwait(false);
        }
        catch (SessionStoreException fault)
        {
            return await FailAsync(console, ExitCode.StoreFault, fault.Message).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return await FailAsync(
                console, ExitCode.Problems, "The command was stopped. What it had done until then stays.").ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            // The message of a driver may hold a part of the connection string.
            return await FailAsync(
                console, ExitCode.StoreFault, $"The command failed ({fault.GetType().Name}). Check the store and the network.")
                .ConfigureAwait(false);
        }
    }

    private static RootCommand Commands(ToolConsole console) => new(
        $"Works on the sessions of a store. The connection string comes from the environment variable {ToolConsole.ConnectionVariable}.")
    {
        CountCommand.Create(console),
        ListCommand.Create(console),
        ShowCommand.Create(console),
        EndCommand.Create(console),
        CleanupCommand.Create(console),
        ExportCommand.Create(console),
        CheckCommand.Create(console),
        CopyCommand.Create(console),
    };

    private static string Explain(ParseResult parsed)
    {
        var named = parsed.Errors.Select(static error => error.SymbolResult switch
        {
            OptionResult option => $"The option {option.Option.Name} lacks its value, has it twice, or the value is invalid.",
            ArgumentResult { Parent: OptionResult option } => $"The option {option.Option.Name} has an invalid value.",
            ArgumentResult argument => $"The argument <{argument.Argument.Name}> is missing or invalid.",
            _ => null,
        }).OfType<string>();
        string[] sentences =
        [
            .. named,
            .. parsed.UnmatchedTokens.Count > 0 ? ["A command, an option or an argument is unknown."] : (string[])[],
        ];
        string what = sentences.Length == 0 ? "The command is missing or incomplete." : string.Join(' ', sentences.Distinct());
        return $"{what} The option --help shows what there is.";
    }

    private static async Task<int> FailAsync(ToolConsole console, int code, string message)
    {
        await console.Error.WriteLineAsync($"sact-session: {Printable.Of(message)}").ConfigureAwait(false);
        return code;
    }
}
