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

    /// <summary>The host calls it when it begins a circuit, and when it renders a page for a request.</summary>
    public void SetAuthenticationState(Task<AuthenticationState> authenticationStateTask)
    {
        ArgumentNullException.ThrowIfNull(authenticationStateTask);
        _state = authenticationStateTask;
        if (CircuitFilter.Beginning is { } sessions && _watched is null)
        {
            _watched = WatchedConnection.BeginApart(sessions);
            _watched?.Ended.UnsafeRegister(static state => ((SessionAuthenticationState)state!).End(), this);
            _hasEnded |= sessions.IsEmpty && sessions.PresentsDead;
        }

        NotifyAuthenticationStateChanged(GetAuthenticationStateAsync());
    }

    public void Dispose() => _watched?.Dispose();

    private void End()
    {
        _hasEnded = true;
        NotifyAuthenticationStateChanged(s_nobody);
    }
}
