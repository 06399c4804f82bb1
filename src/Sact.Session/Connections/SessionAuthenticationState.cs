using System.Security.Claims;
using Microsoft.AspNetCore.Components.Authorization;

namespace Sact.Session;

/// <summary>
/// The user of a Blazor circuit, for as long as the session lives. Afterwards it is nobody, and <c>AuthorizeView</c> shows that.
/// </summary>
internal sealed class SessionAuthenticationState : AuthenticationStateProvider, IHostEnvironmentAuthenticationStateProvider, IDisposable
{
    private static readonly Task<AuthenticationState> s_nobody =
        Task.FromResult(new AuthenticationState(new ClaimsPrincipal(new ClaimsIdentity())));

    private Task<AuthenticationState>? _state;
    private WatchedConnection? _watched;
    private volatile bool _hasEnded;

    public override Task<AuthenticationState> GetAuthenticationStateAsync() => _hasEnded ? s_nobody : _state
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
        _hasEnded = watched is null && sessions.PresentsDead;
        Interlocked.Exchange(ref _watched, watched)?.Dispose();
        watched?.Ended.UnsafeRegister(static state => ((Action)state!)(), () => End(watched));
    }

    private void End(WatchedConnection watched)
    {
        if (ReferenceEquals(_watched, watched))
        {
            _hasEnded = true;
            NotifyAuthenticationStateChanged(s_nobody);
        }
    }
}
