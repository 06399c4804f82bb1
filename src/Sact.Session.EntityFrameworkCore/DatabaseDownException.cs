using System.Diagnostics.CodeAnalysis;

namespace Sact.Session;

/// <summary>No connection to the database. The start of an application does not fail for it.</summary>
[SuppressMessage("Design", "CA1032", Justification = "Only this package throws it.")]
[SuppressMessage("Design", "CA1064", Justification = "Callers know it as a SessionStoreException.")]
internal sealed class DatabaseDownException(string message, Exception cause) : SessionStoreException(message, cause);
