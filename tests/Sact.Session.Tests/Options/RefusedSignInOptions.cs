namespace Sact.Session.Tests;

/// <summary>Sign-in options beyond their maximum: the message names the option that is the maximum, and its value.</summary>
public sealed class RefusedSignInOptions : IDisposable
{
    private readonly SessionHost _host = new();

    public void Dispose() => ((IDisposable)_host).Dispose();

    [Fact]
    public Task OfAPendingSessionNamePendingTimeout()
    {
        _host.Options.PendingTimeout = TimeSpan.FromMinutes(7);
        return AssertNames(
            "SactSessionOptions.PendingTimeout (00:07:00)",
            session => session.SetPendingAsync(
                "alice", null, new SessionSignInOptions { AbsoluteTimeout = TimeSpan.FromDays(1) }).AsTask());
    }

    [Fact]
    public Task OfAnAnonymousSessionNameAnonymousIdleTimeout() => AssertNames(
        "SactSessionOptions.AnonymousIdleTimeout (00:20:00)",
        session => session.StartAsync(null, new SessionSignInOptions { IdleTimeout = TimeSpan.FromDays(6) }).AsTask());

    [Fact]
    public Task OfAnAnonymousSessionNameIdleTimeoutIfItIsShorter()
    {
        _host.Options.IdleTimeout = TimeSpan.FromMinutes(3);
        return AssertNames(
            "SactSessionOptions.IdleTimeout (00:03:00)",
            session => session.StartAsync(null, new SessionSignInOptions { IdleTimeout = TimeSpan.FromDays(6) }).AsTask());
    }

    [Fact]
    public Task OfASignInNameIdleTimeout() => AssertNames(
        "SactSessionOptions.IdleTimeout (7.00:00:00)",
        session => session.SetAsync("alice", null, new SessionSignInOptions { IdleTimeout = TimeSpan.FromDays(8) }).AsTask());

    [Fact]
    public Task OfASignInNameAbsoluteTimeout() => AssertNames(
        "SactSessionOptions.AbsoluteTimeout (28.00:00:00)",
        session => session.SetAsync("alice", null, new SessionSignInOptions { AbsoluteTimeout = TimeSpan.FromDays(29) }).AsTask());

    private async Task AssertNames(string maximum, Func<ISactSession, Task> signIn)
    {
        var fault = await Assert.ThrowsAsync<ArgumentException>(() => signIn(_host.Request(null).Session));
        Assert.Contains(maximum, fault.Message, StringComparison.Ordinal);
    }
}
