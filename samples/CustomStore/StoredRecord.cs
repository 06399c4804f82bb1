using System.Text;
using System.Text.Json.Serialization;
using Sact.Session;
using Sact.Session.Stores;

namespace CustomStore;

/// <summary>A record as JSON. The fields stay one text, so that each value comes back byte for byte.</summary>
public sealed record StoredRecord(
    SessionKey Key,
    string? UserId,
    SessionState State,
    int Level,
    byte[] Lineage,
    byte[] Current,
    byte[]? Pending,
    DateTimeOffset? PendingSince,
    byte[]? Previous,
    DateTimeOffset? LastPromotedAt,
    int Generation,
    bool Presented,
    bool IsPersistent,
    string Fields,
    SessionClient? SignInClient,
    SessionClient? LastSeenClient,
    DateTimeOffset CreatedAt,
    DateTimeOffset? AuthenticatedAt,
    DateTimeOffset LastSeenAt,
    TimeSpan Idle,
    TimeSpan FirstUse,
    TimeSpan Absolute,
    int Format)
{
    public static StoredRecord From(SessionRecord r) => new(
        r.Key,
        r.UserId,
        r.State,
        r.AssuranceLevel,
        r.LineageHash.ToArray(),
        r.CurrentHash.ToArray(),
        r.PendingHash?.ToArray(),
        r.PendingSince,
        r.PreviousHash?.ToArray(),
        r.LastPromotedAt,
        r.Generation,
        r.Presented,
        r.IsPersistent,
        Encoding.UTF8.GetString(r.Fields.ToJson()),
        r.SignInClient,
        r.LastSeenClient,
        r.CreatedAt,
        r.AuthenticatedAt,
        r.LastSeenAt,
        r.Lifetimes.IdleTimeout,
        r.Lifetimes.FirstUseTimeout,
        r.Lifetimes.AbsoluteTimeout,
        r.Format);

    /// <exception cref="ArgumentException">It is no record.</exception>
    public SessionRecord ToRecord()
    {
        var record = new SessionRecord
        {
            Key = Key,
            UserId = UserId,
            State = State,
            AssuranceLevel = Level,
            LineageHash = new SecretHash(Lineage),
            CurrentHash = new SecretHash(Current),
            PendingHash = Pending is null ? null : new SecretHash(Pending),
            PendingSince = PendingSince,
            PreviousHash = Previous is null ? null : new SecretHash(Previous),
            LastPromotedAt = LastPromotedAt,
            Generation = Generation,
            Presented = Presented,
            IsPersistent = IsPersistent,
            Fields = SessionFields.RestoreJson(Encoding.UTF8.GetBytes(Fields)),
            SignInClient = SignInClient,
            LastSeenClient = LastSeenClient,
            CreatedAt = CreatedAt,
            AuthenticatedAt = AuthenticatedAt,
            LastSeenAt = LastSeenAt,
            Lifetimes = new SessionLifetimes(Idle, FirstUse, Absolute),
            Format = Format,
        };
        return SessionRecord.Validate(record) is { } fault ? throw new ArgumentException(fault) : record;
    }
}

// Not the fast path, which writes a null array as an empty one.
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(StoredRecord))]
internal sealed partial class StoredJson : JsonSerializerContext;
