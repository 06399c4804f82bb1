namespace Sact.Session.StoreContract;

/// <summary>A store breaks a rule of the contract. The message names the case, what the store did, and the rule.</summary>
public sealed class StoreContractException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What the store did.</param>
    public StoreContractException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception around one that the store threw against the contract.</summary>
    /// <param name="message">What the store did.</param>
    /// <param name="innerException">What it threw.</param>
    public StoreContractException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
