namespace Sact.Session;

/// <summary>Why a presented cookie was refused; the label <c>reason</c> of <c>sact.session.refused</c>.</summary>
internal enum RefusedReason
{
    /// <summary>No live session has the key.</summary>
    Unknown,

    /// <summary>The lineage does not match: the secret is invented.</summary>
    Foreign,

    /// <summary>A renewal replaced the id, and it is no longer valid.</summary>
    Stale,

    /// <summary>A renewal replaced the id long ago: it was replayed.</summary>
    Replayed,

    /// <summary>The store answered with the record of another session.</summary>
    Misplaced,

    /// <summary>The cookie's value has no valid format.</summary>
    Malformed,

    /// <summary>The cookie was sent with two different values.</summary>
    Conflict,
}
