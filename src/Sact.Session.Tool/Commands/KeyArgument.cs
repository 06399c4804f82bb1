namespace Sact.Session.Tool.Commands;

/// <summary>The session key that was typed.</summary>
internal static class KeyArgument
{
    /// <exception cref="ToolUsageException">It is no session key, or one of another prefix. The message does not repeat it.</exception>
    public static SessionKey Read(string? typed, StoreChoice choice)
    {
        if (!SessionKey.TryParse(typed, null, out var key))
        {
            throw new ToolUsageException(
                "The argument <key> is no session key. A key is the prefix, a colon and 24 characters. Never pass a session id, the value "
                + "of a cookie: it is a secret.");
        }

        return key.Prefix == choice.Prefix
            ? key
            : throw new ToolUsageException("The session key has another prefix than the option --prefix.");
    }
}
