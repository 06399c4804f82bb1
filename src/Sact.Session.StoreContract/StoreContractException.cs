namespace Sact.Session.StoreContract;

/// <summary>A store breaks a rule of the contract. The message is one sentence that says which case, and what the store did.</summary>
public sealed class StoreContractException : Exception
{
    /// <summary>Creates the exception without a message of its own.</summary>
    public StoreContractException()
        : this("The store breaks the contract.")
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What the store did.</param>
    public StoreContractException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception around the one a store threw where the contract allows none.</summary>
    /// <param name="message">What the store did.</param>
    /// <param name="innerException">What it threw.</param>
    public StoreContractException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>
/// A case does not apply to a store, because the subject lacks a capability that the case needs. An exception, so that it cannot be taken for a pass by oversight: report it as skipped
/// (xunit v3: <c>[Theory(SkipExceptions = [typeof(StoreContractNotApplicableException)])]</c>).
/// </summary>
public sealed class StoreContractNotApplicableException : Exception
{
    /// <summary>Creates the exception without a reason of its own.</summary>
    public StoreContractNotApplicableException()
        : this("The case does not apply to this store.")
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">Why the case does not apply.</param>
    public StoreContractNotApplicableException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception around another.</summary>
    /// <param name="message">Why the case does not apply.</param>
    /// <param name="innerException">The other exception.</param>
    public StoreContractNotApplicableException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
