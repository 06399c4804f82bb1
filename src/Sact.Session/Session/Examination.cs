namespace Sact.Session;

/// <summary>The result of comparing a stored record with the id of a request.</summary>
/// <param name="Verdict">The worth of the presented id.</param>
/// <param name="Record">The live record: the request's own, or one whose secret was replayed and that must end. Null otherwise.</param>
/// <param name="Refused">Why there is no record; null if there is one.</param>
internal readonly record struct Examination(SecretVerdict Verdict, SessionRecord? Record, RefusedReason? Refused);
