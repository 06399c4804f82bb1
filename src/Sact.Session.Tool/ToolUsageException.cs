namespace Sact.Session.Tool;

/// <summary>The command was called in a wrong way. The message repeats nothing that was typed, because that may be a secret.</summary>
internal sealed class ToolUsageException(string message) : Exception(message);
