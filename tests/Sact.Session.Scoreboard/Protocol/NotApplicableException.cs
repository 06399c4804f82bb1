namespace Sact.Session.Scoreboard;

/// <summary>The contender has no such feature, so a case does not apply to it. The message says why.</summary>
internal sealed class NotApplicableException(string reason) : Exception(reason);
