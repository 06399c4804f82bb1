using System.Security.Claims;

namespace Sact.Session;

/// <summary>How the tickets of a cookie scheme are kept as sessions. Their limits, cap and store are those of the registration of sessions.</summary>
public sealed class SactTicketStoreOptions
{
    /// <summary>
    /// The claim whose value is the user id, of any identity of the ticket. Default: <see cref="ClaimTypes.NameIdentifier"/>. A ticket without it is an <see cref="InvalidOperationException"/> at sign-in.
    /// </summary>
    public string UserIdClaimType { get; set; } = ClaimTypes.NameIdentifier;

    /// <summary>
    /// The claim that carries the user's security stamp. Default: ASP.NET Core Identity's, <c>AspNet.Identity.SecurityStamp</c>. When a sign-in brings another stamp than the user's other tickets have, those end at once. Null: they
    /// stay until they are validated.
    /// </summary>
    public string? SecurityStampClaimType { get; set; } = "AspNet.Identity.SecurityStamp";

    /// <summary>Which registration of sessions keeps the tickets: the name given to <c>AddSactSession(name, …)</c>. Null (default): the unnamed one.</summary>
    public string? SessionName { get; set; }
}
