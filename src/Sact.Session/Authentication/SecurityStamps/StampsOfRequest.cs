using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// The security stamps that Identity has saved in a request. The application may have saved them in an open transaction, so that nobody
/// else sees them yet.
/// </summary>
internal sealed class StampsOfRequest
{
    private readonly Dictionary<(string UserId, string Stamp), string?> _before = [];

    private StampsOfRequest()
    {
    }

    /// <param name="context">The request; null outside of one.</param>
    /// <param name="userId">The user.</param>
    /// <param name="stamp">The stamp that was saved.</param>
    /// <param name="before">The stamp that it replaced; null for a new user.</param>
    public static void Add(HttpContext? context, string userId, string stamp, string? before)
    {
        if (context is null)
        {
            return;
        }

        if (context.Features.Get<StampsOfRequest>() is not { } stamps)
        {
            context.Features.Set(stamps = new StampsOfRequest());
        }

        stamps._before[(userId, stamp)] = before;
    }

    /// <summary>Whether the request has saved the stamp in place of what others see.</summary>
    /// <param name="context">The request.</param>
    /// <param name="userId">The user.</param>
    /// <param name="stamp">The hash of the stamp.</param>
    /// <param name="seen">The users with that id that others see.</param>
    public static bool Replaced(HttpContext context, string userId, ReadOnlyMemory<byte> stamp, IReadOnlyList<SavedUser> seen)
    {
        foreach (var (saved, before) in context.Features.Get<StampsOfRequest>()?._before ?? [])
        {
            if (saved.UserId == userId
                && SecurityStampField.HashOf(saved.Stamp).Span.SequenceEqual(stamp.Span)
                && (before is null ? seen.Count == 0 : seen.Any(user => user.Stamp == before)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the request has saved a stamp of a user.</summary>
    public static bool Contains(HttpContext context, string userId) =>
        context.Features.Get<StampsOfRequest>()?._before.Keys.Any(saved => saved.UserId == userId) == true;

    /// <summary>The stamp with a hash; null if the request has not saved it.</summary>
    public static string? Find(HttpContext context, string userId, ReadOnlyMemory<byte> hash)
    {
        foreach (var (saved, _) in context.Features.Get<StampsOfRequest>()?._before ?? [])
        {
            if (saved.UserId == userId && SecurityStampField.HashOf(saved.Stamp).Span.SequenceEqual(hash.Span))
            {
                return saved.Stamp;
            }
        }

        return null;
    }
}
