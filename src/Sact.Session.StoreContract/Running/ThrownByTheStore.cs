namespace Sact.Session.StoreContract;

/// <summary>Describes what a store threw against the contract.</summary>
internal static class ThrownByTheStore
{
    /// <summary>The message of an exception, with the innermost one: a store hides there what its driver answered.</summary>
    public static string Message(Exception exception)
    {
        var cause = exception.GetBaseException();
        return ReferenceEquals(cause, exception)
            ? exception.Message
            : $"{exception.Message} The cause is {cause.GetType().Name}: {cause.Message}";
    }
}
