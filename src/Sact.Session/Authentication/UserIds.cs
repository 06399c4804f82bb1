using System.Security.Claims;

namespace Sact.Session;

/// <summary>Takes the user id from a principal.</summary>
internal static class UserIds
{
    /// <exception cref="InvalidOperationException">The principal has no such claim.</exception>
    public static string Of(ClaimsPrincipal principal, string claimType, string options, string scheme) =>
        principal.FindFirst(claimType)?.Value is { Length: > 0 } userId
            ? userId
            : throw new InvalidOperationException(
                $"The principal that signs in to scheme '{scheme}' has no claim '{claimType}', so the session would belong to nobody. Add the claim, or set {options}.UserIdClaimType to one that carries the user id.");
}
