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
        WatchedConnection? unused;
        lock (_lock)
        {
            unused = Follow(watched, sessions);
        }

        unused?.Dispose();
        if (unused != watched)
        {
            watched?.Ended.UnsafeRegister(static state => ((Action)state!)(), () => End(watched));
        }
    }

    /// <summary>
    /// Decides which sessions the circuit follows. One that has ended stays so: its components still have the data of its user, and the
    /// browser may connect to it again as another one.
    /// </summary>
    /// <returns>The watch that is not needed; null for none.</returns>
    private WatchedConnection? Follow(WatchedConnection? watched, SignedInSessions sessions)
    {
        var before = _watched;
        if (_ended is null && watched is null && sessions.PresentsDead)
        {
            _ended = Nobody(sessions.EndReason);
        }
        else if (_ended is null && watched is not null && before?.IsOf(watched) == false)
        {
            _ended = Nobody(before.Reason);
        }

        if (_ended is not null || watched is null)
        {
            return watched;
        }

        _watched = watched;
        return before;
    }

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
