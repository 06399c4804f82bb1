using Sact.Session.Tool;

namespace Sact.Session.Stores.Tests;

/// <summary>One run of the command line in this process.</summary>
internal sealed record ToolRun(int Code, string Out, string Error)
{
    public string[] Lines => Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Runs a command.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="connection">What is in SACT_SESSION_CONNECTION; null for nothing.</param>
    /// <param name="target">What is in SACT_SESSION_TARGET_CONNECTION; null for nothing.</param>
    /// <param name="routingKey">What is in SACT_SESSION_ROUTING_KEY; null for nothing.</param>
    /// <param name="answer">What a person types; null if nobody is there.</param>
    /// <param name="cancellationToken">What Ctrl+C cancels.</param>
    public static async Task<ToolRun> Async(
        string[] arguments,
        string? connection = null,
        string? target = null,
        string? routingKey = null,
        string? answer = null,
        CancellationToken cancellationToken = default)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var console = new ToolConsole
        {
            In = new StringReader(answer is null ? "" : answer + "\n"),
            Out = output,
            Error = TextWriter.Synchronized(error),
            IsInteractive = answer is not null,
            Variable = name => name switch
            {
                ToolConsole.ConnectionVariable => connection,
                ToolConsole.TargetVariable => target,
                ToolConsole.RoutingKeyVariable => routingKey,
                _ => null,
            },
            UserName = "operator",
            Clock = TimeProvider.System,
        };
        int code = await SessionTool.RunAsync(arguments, console, cancellationToken);
        return new ToolRun(code, output.ToString(), error.ToString());
    }
}
