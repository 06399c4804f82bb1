namespace Sact.Session;

/// <summary>Opens the key of a session's sealed fields with the id of the request.</summary>
internal readonly struct SessionDataKeys(RequestSession session)
{
    /// <summary>
    /// The key of a record's sealed fields; null if there is none, or if the request has no id that opens it. The session as it was
    /// verified has it for the id of this request, also when a renewal has replaced that id since.
    /// </summary>
    /// <remarks>
    /// Data of a session that this request had before may call it outside of the lock. So a kept key counts only for its own session.
    /// </remarks>
    public DataKey? Of(SessionRecord record)
    {
        if (record.CurrentKey is null)
        {
            return null;
        }

        if (session.KeptKey is { } kept && kept.IsOf(record.Key))
        {
            return kept;
        }

        var key = DataKey.Unwrap(record, session.State.Session, session.State.Presented, session.State.IdInUse);
        Keep(key);
        return key;
    }

    /// <summary>Keeps a key, so that it is not opened again.</summary>
    public void Keep(DataKey? key)
    {
        if (key is not null)
        {
            session.Rare.DataKey = key;
        }
    }
}
