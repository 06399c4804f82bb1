namespace Sact.Session.Tool;

/// <summary>What a script learns of a command.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>The command ran and found a problem, or no session of the key, or was stopped. An empty list is no problem.</summary>
    public const int Problems = 1;

    /// <summary>An option, an argument or the environment is wrong. Nothing was done.</summary>
    public const int Usage = 2;

    /// <summary>The store did not answer or refused.</summary>
    public const int StoreFault = 3;
}
