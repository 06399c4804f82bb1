namespace Sact.Session;

/// <summary>Why a presented cookie was refused; the label <c>reason</c> of <c>sact.session.refused</c>.</summary>
internal enum RefusedReason
{
    /// <summary>No live session is under the key.</summary>
    Unknown,

    /// <summary>The lineage does not match: somebody made the secret up.</summary>
    Foreign,

    /// <summary>The id was renewed, or replaced at once, and is no longer valid.</summary>
    Stale,

    /// <summary>The id was renewed long ago: somebody replayed it.</summary>
    Replayed,

    /// <summary>The store answered with the record of another session.</summary>
    Misplaced,

    /// <summary>The cookie's value has no valid format.</summary>
    Malformed,

    /// <summary>The cookie was sent with two different values.</summary>
    Conflict,
}
