namespace Sact.Session.Tool.Commands;

/// <summary>What a command that reads sessions answers when it had to leave some out.</summary>
internal static class Outcome
{
    public static async Task<int> OfSkippedAsync(ToolConsole console, int skipped)
    {
        if (skipped == 0)
        {
            return ExitCode.Done;
        }

        await console.Error.WriteLineAsync(
            $"{skipped} sessions were left out, because a newer version of Sact.Session wrote them or because they cannot be read. "
            + "Update the tool.").ConfigureAwait(false);
        return ExitCode.Problems;
    }
}
