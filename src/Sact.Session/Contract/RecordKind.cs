namespace Sact.Session.Stores;

/// <summary>What a packed record is about.</summary>
public enum RecordKind
{
    /// <summary>A session.</summary>
    Session = 1,
}
