using Microsoft.AspNetCore.Identity;

namespace Sact.Session.Tests;

/// <summary>
/// The application checks the password with Identity's user manager and signs in by <c>SetAsync</c>, without <c>SignInManager</c>. Such a
/// session has no stamp. The user as it was loaded in the request tells whether the sign-in began before a reset.
/// </summary>
public sealed class SessionsThatAreSetByHand
{
    private const string NewPassword = "N3w-Passw0rd!";

    public static TheoryData<IdentityOver, bool, bool> Moments => new(
        from over in (IdentityOver[])[IdentityOver.Scheme, IdentityOver.Tickets]
        from pending in (bool[])[false, true]
        from after in (bool[])[false, true]
        select (over, pending, after));

    [Theory]
    [MemberData(nameof(Moments))]
    [Trait("abuse", "K9")]
    public async Task WhileThePasswordIsResetAreDeadAndTheOwnersNewSessionLives(IdentityOver over, bool pending, bool after)
    {
        await using var site = await IdentitySite.StartAsync(over);
        var gate = site.HoldFirst("create", after);
        var thief = Task.Run(() => SetInAsync(site, pending: pending));
        await gate.Reached;
        Assert.True((await site.ResetPasswordAsync(NewPassword)).Succeeded);
        string owner = (await SetInAsync(site, NewPassword))!;
        gate.Open();

        string? stolen = await thief;

        Assert.Equal("nobody", await site.StateAsync(stolen));
        Assert.Equal("SignedIn", await site.StateAsync(owner));
        Assert.Equal(1, await site.Site.Store.CountActiveSessionsAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("abuse", "K9")]
    [Trait("abuse", "K13")]
    public async Task WhileTheUserIsDeletedOrLockedOutAreDead(bool delete)
    {
        await using var site = await IdentitySite.StartAsync();
        var gate = site.HoldFirst("create");
        var login = Task.Run(() => SetInAsync(site));
        await gate.Reached;
        Assert.True((await site.ChangeAsync((users, user) => delete
            ? users.DeleteAsync(user)
            : users.SetLockoutEndDateAsync(user, DateTimeOffset.MaxValue))).Succeeded);
        gate.Open();

        Assert.Equal("nobody", await site.StateAsync(await login));
        Assert.Equal(0, await site.Site.Store.CountActiveSessionsAsync());
    }

    [Fact]
    [Trait("abuse", "K9")]
    public async Task AfterTheRequestsOwnChangeOfThePasswordDoNotOutliveAReset()
    {
        await using var site = await IdentitySite.StartAsync();
        var gate = site.HoldFirst("create");
        var thief = Task.Run(async () => await SentIdAsync(site, "/password-and-set?next=Th1ef-Passw0rd!"));
        await gate.Reached;
        Assert.True((await site.ResetPasswordAsync(NewPassword)).Succeeded);
        gate.Open();

        Assert.Equal("nobody", await site.StateAsync(await thief));
    }

    [Fact]
    public async Task LiveWhereNothingHasChangedOrOnlyTheRequestHasChangedIt()
    {
        await using var site = await IdentitySite.StartAsync();
        string first = (await SetInAsync(site))!;
        Assert.Equal("SignedIn", await site.StateAsync(first));

        string? second = await SentIdAsync(site, "/password-and-set?next=" + NewPassword);

        Assert.Equal(("nobody", "SignedIn"), (await site.StateAsync(first), await site.StateAsync(second)));
    }

    /// <summary>The application has decided that, and nothing has changed since.</summary>
    [Fact]
    public async Task ForAUserWhoWasLockedOutBeforeLive()
    {
        await using var site = await IdentitySite.StartAsync();
        Assert.True((await site.ChangeAsync((users, user) => users.SetLockoutEndDateAsync(user, DateTimeOffset.MaxValue))).Succeeded);

        Assert.Equal("SignedIn", await site.StateAsync(await SetInAsync(site)));
    }

    [Fact]
    public async Task ForAnIdThatTheRequestHasNotLoadedAreNotCompared()
    {
        await using var site = await IdentitySite.StartAsync();
        site.Users.Fault = new IOException("The database is gone.");

        Assert.Equal("SignedIn", await site.StateAsync(await SentIdAsync(site, "/set/alice-id")));
    }

    [Fact]
    [Trait("abuse", "K9")]
    public async Task WhileTheUserStoreFailsLeaveNoSession()
    {
        await using var site = await IdentitySite.StartAsync();
        var gate = site.HoldFirst("create");
        var login = Task.Run(() => SetInAsync(site));
        await gate.Reached;
        site.Users.Fault = new IOException("The database is gone.");
        gate.Open();

        await Assert.ThrowsAsync<IOException>(() => login);

        Assert.Equal(0, await site.Site.Store.CountActiveSessionsAsync());
    }

    private static Task<string?> SetInAsync(IdentitySite site, string password = IdentitySite.Password, bool pending = false) =>
        SentIdAsync(site, $"/set-in?user=alice&password={Uri.EscapeDataString(password)}&pending={pending}");

    private static async Task<string?> SentIdAsync(IdentitySite site, string path)
    {
        using var response = await site.Site.SendAsync(path, method: HttpMethod.Post);
        return response.SentId();
    }
}
