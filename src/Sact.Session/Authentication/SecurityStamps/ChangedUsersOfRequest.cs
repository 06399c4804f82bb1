using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>The users that a request may have changed, without a report of what was saved.</summary>
internal sealed class ChangedUsersOfRequest
{
    private readonly Dictionary<string, TimeSpan> _users = [];

    private ChangedUsersOfRequest()
    {
    }

    public static void Add(HttpContext request, SessionsOfUsers sessions, string userId, TimeSpan lockoutByFailures)
    {
        if (request.Features.Get<ChangedUsersOfRequest>() is not { } changed)
        {
            request.Features.Set(changed = new ChangedUsersOfRequest());
            request.Response.OnStarting(() => changed.EndAsync(request, sessions));
        }

        changed._users[userId] = lockoutByFailures;
    }

    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "The change is saved and the response is made. The application's next stamp check ends the sessions.")]
    private async Task EndAsync(HttpContext request, SessionsOfUsers sessions)
    {
        foreach (var (userId, lockoutByFailures) in _users)
        {
            try
            {
                await sessions.EndUnsavedAsync(userId, request, lockoutByFailures).ConfigureAwait(false);
            }
            catch (Exception fault)
            {
                sessions.ReportNotEnded(fault);
            }
        }
    }
}
