using Microsoft.AspNetCore.Components.Authorization;

namespace Sact.Session;

/// <summary>
/// The user of a Blazor circuit, for as long as the session lives. Afterwards it is nobody, and <c>AuthorizeView</c> shows that.
/// </summary>
internal sealed class SessionAuthenticationState : AuthenticationStateProvider, IHostEnvironmentAuthenticationStateProvider, IDisposable
{
    private readonly Lock _lock = new();
    private Task<AuthenticationState>? _state;
    private WatchedConnection? _watched;
    private volatile Task<AuthenticationState>? _ended;

    public override Task<AuthenticationState> GetAuthenticationStateAsync() => _ended ?? _state
        ?? throw new InvalidOperationException("The user is not known yet. Use the provider in a component, after the circuit has begun.");

    /// <summary>The host calls it when it begins a circuit, connects one again, and renders a page for a request.</summary>
    public void SetAuthenticationState(Task<AuthenticationState> authenticationStateTask)
    {
        ArgumentNullException.ThrowIfNull(authenticationStateTask);
        _state = authenticationStateTask;
        if (CircuitFilter.Beginning is { } sessions)
        {
            Watch(sessions);
        }

        NotifyAuthenticationStateChanged(GetAuthenticationStateAsync());
    }

    public void Dispose() => _watched?.Dispose();

    private void Watch(SignedInSessions sessions)
    {
        var watched = WatchedConnection.BeginApart(sessions);
        WatchedConnection? before;
        bool isFollowed;
        lock (_lock)
        {
            before = _watched;

            // An end is final. The components still have the data of its user, and the browser may be another user's now.
            _ended ??= EndOf(before, watched, sessions);
            isFollowed = watched is not null && _ended is null;
            _watched = isFollowed ? watched : before;
        }

        if (!isFollowed)
        {
            watched?.Dispose();
            return;
        }

        before?.Dispose();
        watched!.Ended.UnsafeRegister(static state => ((Action)state!)(), () => End(watched));
    }

    /// <summary>Nobody, if the browser presents a session that has ended, or another one than before; null otherwise.</summary>
    private static Task<AuthenticationState>? EndOf(WatchedConnection? before, WatchedConnection? watched, SignedInSessions sessions) =>
        watched is null && sessions.PresentsDead ? Nobody(sessions.EndReason)
        : watched is not null && before?.IsOf(watched) == false ? Nobody(before.Reason)
        : null;

    private void End(WatchedConnection watched)
    {
        Task<AuthenticationState> ended;
        lock (_lock)
        {
            if (_watched != watched || _ended is not null)
            {
                return;
            }

            _ended = ended = Nobody(watched.Reason);
        }

        NotifyAuthenticationStateChanged(ended);
    }

    private static Task<AuthenticationState> Nobody(SessionEndReason? reason) =>
        Task.FromResult<AuthenticationState>(new EndedAuthenticationState(reason));
}
