namespace Sact.Session.StoreContract;

/// <summary>
/// A case does not apply to a store, because the subject lacks a capability that the case needs. It is an exception so that nobody takes it
/// for a pass: report the case as skipped.
/// </summary>
/// <remarks>In xunit v3: <c>[Theory(SkipExceptions = [typeof(StoreContractNotApplicableException)])]</c>.</remarks>
/// <param name="message">Why the case does not apply.</param>
public sealed class StoreContractNotApplicableException(string message) : Exception(message);
