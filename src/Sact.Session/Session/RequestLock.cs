using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// The lock of a request for everything that is looked up in its context or written to it. A context is not made for two threads,
/// and two sessions of one request may be awaited side by side.
/// </summary>
/// <remarks>
/// It is private to the library: an application that locks its own <see cref="HttpContext"/> cannot block a session. Requests share a
/// fixed number of locks, so that a request allocates none; each is held for a few instructions.
/// </remarks>
internal static class RequestLock
{
    private const int Count = 1024;

    private static readonly Lock[] s_locks = [.. Enumerable.Range(0, Count).Select(static _ => new Lock())];

    public static Lock Of(HttpContext context) => s_locks[RuntimeHelpers.GetHashCode(context) & (Count - 1)];
}
