namespace Sact.Session;

/// <summary>One session cannot move to the new store. It stays in the old one, and others can move.</summary>
internal sealed class UnmovableSessionException(string message, Exception? innerException = null)
    : SessionStoreException(message, innerException);
