using Microsoft.AspNetCore.Components.Authorization;

namespace Sact.Session;

/// <summary>
/// The user of a Blazor circuit, for as long as the session lives. Afterwards it is nobody, and <c>AuthorizeView</c> shows that.
/// </summary>
internal sealed class SessionAuthenticationState : AuthenticationStateProvider, IHostEnvironmentAuthenticationStateProvider, IDisposable
{
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
        _ended = watched is null && sessions.PresentsDead ? Nobody(sessions.EndReason) : null;
        Interlocked.Exchange(ref _watched, watched)?.Dispose();
        watched?.Ended.UnsafeRegister(static state => ((Action)state!)(), () => End(watched));
    }

    private void End(WatchedConnection watched)
    {
        if (ReferenceEquals(_watched, watched))
        {
            var ended = Nobody(watched.Reason);
            _ended = ended;
            NotifyAuthenticationStateChanged(ended);
        }
    }

    private static Task<AuthenticationState> Nobody(SessionEndReason? reason) =>
        Task.FromResult<AuthenticationState>(new EndedAuthenticationState(reason));
}
