namespace Sact.Session;

/// <summary>What a presented id is worth against a record.</summary>
internal enum SecretVerdict
{
    /// <summary>The lineage does not match. Nothing happens, because the key part is public and anybody can present one.</summary>
    Foreign,

    /// <summary>The current id.</summary>
    Current,

    /// <summary>The pending id has arrived. It is valid and becomes current.</summary>
    Pending,

    /// <summary>The previous id within its grace. It is valid, but never receives a new secret and never raises a level.</summary>
    Grace,

    /// <summary>The lineage matches and the rotor is invalid. The id is refused, and the session does not end.</summary>
    Refused,

    /// <summary>The same, long after the last promotion: a replayed secret. The session ends.</summary>
    Replayed,
}
