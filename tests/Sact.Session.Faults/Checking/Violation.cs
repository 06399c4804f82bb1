namespace Sact.Session.Faults;

/// <summary>A promise that a history breaks.</summary>
/// <param name="Rule">Which promise.</param>
/// <param name="What">The operations that prove it.</param>
public sealed record Violation(string Rule, string What)
{
    public const string AcceptedAfterEnd = "a session was accepted after its acknowledged end";
    public const string LostSignIn = "an acknowledged sign-in was lost";
    public const string LostUpdate = "an acknowledged update was lost";
    public const string RefusedUpdate = "a write that was refused took effect";
    public const string TooManyIncrements = "a change took effect twice";
    public const string OtherUser = "a user saw another user's data";
    public const string IncompleteList = "a list lacked a session that lives";
    public const string NoRecovery = "the store was back and the application was not";
    public const string Broken = "an operation ended neither with an answer nor with a fault of the store";

    public override string ToString() => $"{Rule}: {What}";
}
