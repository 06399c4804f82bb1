namespace Sact.Session;

/// <summary>
/// What a request had before its present session began: nothing, or an anonymous session. It never names a user's session.
/// </summary>
/// <param name="Number">Its <see cref="SessionStateMachine.Number"/>.</param>
/// <param name="BySigningIn">Whether the present session began by a sign-in.</param>
internal readonly record struct SessionPredecessor(int Number, bool BySigningIn);
