namespace Sact.Session;

/// <summary>What few requests have. One reference in place of two saves 8 bytes of each read.</summary>
internal sealed class RareRequestState
{
    /// <summary>A session whose end the store has failed to write.</summary>
    public SessionRecord? Unended { get; set; }

    /// <summary>The key of the sealed fields.</summary>
    public DataKey? DataKey { get; set; }
}
