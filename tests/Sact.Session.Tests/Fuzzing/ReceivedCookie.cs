namespace Sact.Session.Tests.Fuzzing;

/// <summary>A Set-Cookie line as a browser reads it (RFC 6265bis section 5.6). It shares no code with what writes the line.</summary>
internal sealed record ReceivedCookie(string Name, string Value, IReadOnlyList<(string Name, string Value)> Attributes)
{
    /// <summary>Reads a line; null if a browser ignores it.</summary>
    public static ReceivedCookie? Read(string line)
    {
        if (line.Any(static c => c is < ' ' and not '\t' or '\u007f'))
        {
            return null;
        }

        string[] parts = line.Split(';');
        int equals = parts[0].IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? null : new ReceivedCookie(
            parts[0][..equals].Trim(' ', '\t'),
            parts[0][(equals + 1)..].Trim(' ', '\t'),
            [.. parts[1..].Select(static part => part.Split('=', 2)).Select(static pair =>
                (pair[0].Trim(' ', '\t').ToLowerInvariant(), pair.Length == 2 ? pair[1].Trim(' ', '\t') : ""))]);
    }
}
