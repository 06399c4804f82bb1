namespace Sact.Session.Stores;

/// <summary>What a packed record is about.</summary>
public enum RecordKind
{
    /// <summary>A session.</summary>
    Session = 1,

    /// <summary>The marker of a session that was ended (<see cref="EndedMarker"/>).</summary>
    Ended = 2,
}
