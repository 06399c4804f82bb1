using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>Ends the sessions of a user that Identity has saved, in every registration whose scheme keeps security stamps.</summary>
internal sealed class SessionsOfUsers(
    AuthenticationRegistry registry, SavedUsers users, IHttpContextAccessor accessor, IServiceProvider services)
{
    public SavedUsers Users => users;

    public HttpContext? Request => accessor.HttpContext;

    /// <summary>Whether the sessions of a store end when the stamp of their user changes.</summary>
    public bool Keeps(IGenericStore store) =>
        registry.SourcesWithStamps(services).Any(source => ReferenceEquals(source.Store, store));

    /// <summary>
    /// Ends all sessions of a user who was deleted or locked out, in whatever state and whoever began them. Only a session with the stamp
    /// of another type's user lives.
    /// </summary>
    /// <typeparam name="TUser">The type of the user. A user of another type may have the same id.</typeparam>
    /// <param name="userId">The user.</param>
    /// <param name="reason">Why the sessions end.</param>
    public async Task EndAllAsync<TUser>(string userId, SessionEndReason reason)
        where TUser : class
    {
        var others = await OthersAsync(userId, Request, typeof(TUser)).ConfigureAwait(false);
        await EndAsync(userId, reason, record => !SecurityStampField.IsOneOf(record, others)).ConfigureAwait(false);
    }

    /// <summary>
    /// Ends the sessions of a user whose stamp has changed, those without a stamp included: they began before. The sessions that
    /// authenticated the request live, so that <c>RefreshSignInAsync</c> can update them.
    /// </summary>
    /// <typeparam name="TUser">The type of the user. A user of another type may have the same id, and keeps the sessions.</typeparam>
    /// <param name="userId">The user.</param>
    /// <param name="stamp">The new stamp.</param>
    public async Task EndOutdatedAsync<TUser>(string userId, string stamp)
        where TUser : class
    {
        var request = Request;
        ReadOnlyMemory<byte>[] current =
            [SecurityStampField.HashOf(stamp), .. await OthersAsync(userId, request, typeof(TUser)).ConfigureAwait(false)];
        await EndAsync(userId, SessionEndReason.CredentialsChanged, record =>
            !AuthenticatedSessions.Contains(request, record.Key)
            && (!record.Fields.Contains(SecurityStampField.Name) || SecurityStampField.Differs(record, current))).ConfigureAwait(false);
    }

    /// <summary>
    /// Compares the sessions of a user with what is saved, for a user manager that does not report what it has saved. It cannot know
    /// whether the stamp has changed, so sessions without a stamp live.
    /// </summary>
    /// <param name="userId">The user.</param>
    /// <param name="request">The request in which Identity has changed the user.</param>
    /// <param name="lockoutByFailures">How long failed passwords lock a user out. Such a lockout ends no session.</param>
    public async Task EndUnsavedAsync(string userId, HttpContext request, TimeSpan lockoutByFailures)
    {
        var saved = await users.ReadAsync(userId, request, searches: false).ConfigureAwait(false);
        var locked = saved.Where(user => user.IsLockedOutFor(lockoutByFailures)).ToList();
        if (locked.Count == saved.Count)
        {
            await EndAsync(
                userId, saved.Count == 0 ? SessionEndReason.UserDeleted : SessionEndReason.UserLockedOut, static _ => true)
                .ConfigureAwait(false);
            return;
        }

        if (locked.Count > 0)
        {
            // Only one of two users with the id is locked out. A session without a stamp may be of that one.
            var stamps = SavedUser.HashesOf(locked);
            await EndAsync(userId, SessionEndReason.UserLockedOut, record =>
                !record.Fields.Contains(SecurityStampField.Name) || SecurityStampField.IsOneOf(record, stamps)).ConfigureAwait(false);
        }

        var current = SavedUser.HashesOf(saved.Except(locked));
        await EndAsync(userId, SessionEndReason.CredentialsChanged, record =>
            !AuthenticatedSessions.Contains(request, record.Key) && SecurityStampField.Differs(record, current)).ConfigureAwait(false);
    }

    /// <summary>Logs that sessions could not be compared. Nobody is left to catch the exception.</summary>
    public void ReportNotEnded(Exception fault)
    {
        foreach (var source in registry.SourcesWithStamps(services))
        {
            AuthenticationLog.ChangedUserNotRead(source.Services.Telemetry.Log, fault);
        }
    }

    /// <summary>The stamps of the users with the same id and another type; none if their store fails.</summary>
    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "The stamp has changed, so the sessions must end. Too many end if the other store is down, never too few.")]
    private async Task<List<ReadOnlyMemory<byte>>> OthersAsync(string userId, HttpContext? request, Type type)
    {
        try
        {
            return SavedUser.HashesOf(await users.ReadAsync(userId, request, except: type).ConfigureAwait(false));
        }
        catch (Exception)
        {
            return [];
        }
    }

    // A client that disconnects must not keep a session alive, so the request is not given to the store's client.
    private async Task EndAsync(string userId, SessionEndReason reason, Func<SessionRecord, bool> ends)
    {
        // A user whose id is invalid for a session has no sessions.
        if (UserIdRule.Validate(userId) is not null)
        {
            return;
        }

        foreach (var source in registry.SourcesWithStamps(services))
        {
            var calls = new StoreClient(source.Store, source.Services, context: null);
            var ended = new EndedByIdentity(source.Services, spared: null);
            foreach (var record in await calls.ListAsync(userId, CancellationToken.None).ConfigureAwait(false))
            {
                if (ends(record) && await calls.EndAsync(record, reason, CancellationToken.None).ConfigureAwait(false))
                {
                    ended.Add(record.Key);
                }
            }

            ended.Report();
        }
    }
}
