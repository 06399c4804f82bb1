namespace Sact.Session;

/// <summary>
/// A ticket has ended before its request could renew it. The framework's handler would send the cookie again, perhaps over that of a newer
/// sign-in. Only an exception keeps it from that. <see cref="TicketCookieHandler"/> catches it.
/// </summary>
internal sealed class TicketEndedException() : Exception("The ticket has ended, so its cookie is not sent again.");
