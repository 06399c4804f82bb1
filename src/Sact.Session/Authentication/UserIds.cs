using System.Security.Claims;

namespace Sact.Session;

/// <summary>Reads the user id of a principal.</summary>
internal static class UserIds
{
    /// <exception cref="InvalidOperationException">The principal has no such claim, or its value is empty.</exception>
    public static string Of(ClaimsPrincipal principal, string claimType, string options, string scheme) =>
        principal.FindFirst(claimType)?.Value is { Length: > 0 } userId
            ? userId
            : throw new InvalidOperationException(
                $"The principal that signs in to scheme '{scheme}' has no claim '{claimType}'. A session needs a user id. Add the claim, "
                + $"or set {options}.UserIdClaimType to the claim that carries the user id.");
}
