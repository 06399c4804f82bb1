using System.Security.Claims;

namespace Sact.Session;

/// <summary>
/// The options of tickets that are kept as sessions. <see cref="SactSessionOptions"/> of the registration set their cap, their store and
/// the limits of their lifetimes, which the cookie scheme decides.
/// </summary>
public sealed class SactTicketStoreOptions
{
    /// <summary>
    /// The type of the claim that carries the user id. Any identity of the ticket may have it. Default:
    /// <see cref="ClaimTypes.NameIdentifier"/>. A sign-in without the claim is an <see cref="InvalidOperationException"/>.
    /// </summary>
    public string UserIdClaimType { get; set; } = ClaimTypes.NameIdentifier;

    /// <summary>
    /// The type of the claim that carries the user's security stamp. Default: <c>AspNet.Identity.SecurityStamp</c>, the type of ASP.NET
    /// Core Identity. A sign-in with a new stamp ends the user's tickets with another stamp at once (ASVS 5.0 V7.4.3). Null: they live
    /// until the application validates them.
    /// </summary>
    public string? SecurityStampClaimType { get; set; } = "AspNet.Identity.SecurityStamp";

    /// <summary>
    /// The name of the registration that keeps the tickets, as given to <c>AddSactSession(name, …)</c>. Null (default): the unnamed
    /// registration.
    /// </summary>
    public string? SessionName { get; set; }
}
