namespace Sact.Session.StoreContract;

/// <summary>What a session that was ended leaves in the model.</summary>
internal readonly record struct ModelMarker(SecretHash Lineage, SessionEndReason Reason, DateTimeOffset EndedAt);
