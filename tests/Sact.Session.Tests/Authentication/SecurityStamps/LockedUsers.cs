namespace Sact.Session.Tests;

/// <summary>
/// The store waits when it searches for a user, as a locking database does for a row that an open transaction of the request has changed.
/// </summary>
public sealed class LockedUsers
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ASignInWithAStampThatTheRequestHasSavedDoesNotWaitForEver(bool canBeCancelled)
    {
        await using var site = await IdentitySite.StartAsync();
        var gate = Lock(site, canBeCancelled);
        var changing = Task.Run(async () =>
        {
            using var response = await site.SendAsync("/password-and-sign-in?next=N3w-Passw0rd!", null, HttpMethod.Post);
            return site.CookieOf(response);
        });
        await gate.Reached;
        site.Site.Clock.Advance(TimeSpan.FromSeconds(5));
        string? alice = await changing;
        gate.Open();
        site.Users.Waits = null;

        Assert.Equal("alice", await site.WhoAsync(alice));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("abuse", "K9")]
    public async Task AnotherSignInFailsAndLeavesNoSession(bool canBeCancelled)
    {
        await using var site = await IdentitySite.StartAsync();
        var gate = Lock(site, canBeCancelled);
        var login = Task.Run(() => site.TryLoginAsync());
        await gate.Reached;
        site.Site.Clock.Advance(TimeSpan.FromSeconds(5));

        var fault = await Assert.ThrowsAsync<TimeoutException>(() => login);
        gate.Open();

        Assert.Contains("did not answer within 5 seconds", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("alice", fault.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, await site.Site.Store.CountActiveSessionsAsync());
    }

    /// <summary>The user manager has not loaded the object, so it searches for what was saved before.</summary>
    [Fact]
    [Trait("abuse", "K12")]
    public async Task AChangeOfAUserThatTheApplicationLoadedItselfIsSavedAndEndsTheSessions()
    {
        await using var site = await IdentitySite.StartAsync();
        string phone = await site.LoginAsync();
        var alice = site.Users.Alice;
        var gate = Lock(site, canBeCancelled: true);
        var changing = Task.Run(() => site.ChangeAsync((users, _) => users.UpdateSecurityStampAsync(alice)));
        await gate.Reached;
        site.Site.Clock.Advance(TimeSpan.FromSeconds(5));

        Assert.True((await changing).Succeeded);
        site.Users.Waits = null;
        Assert.Equal("nobody", await site.WhoAsync(phone));
    }

    private static Gate Lock(IdentitySite site, bool canBeCancelled)
    {
        var gate = new Gate();
        site.Users.Waits = async cancellationToken =>
            await gate.PassAsync().AsTask().WaitAsync(canBeCancelled ? cancellationToken : CancellationToken.None);
        return gate;
    }
}
