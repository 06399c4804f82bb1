namespace Sact.Session;

/// <summary>
/// Where the data of a session comes from: it has the settings, and the key of the sealed fields if this request may open them.
/// </summary>
internal interface ISessionDataSource
{
    SessionServices Services { get; }

    /// <summary>The key of a record's sealed fields; null if there is none, or if this source has no id that opens it.</summary>
    DataKey? KeyOf(SessionRecord record);
}
