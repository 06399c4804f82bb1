using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Sact.Session.Tests;

/// <summary>What becomes of the sessions of a user that Identity changes, deletes or locks out. Only what was saved counts.</summary>
public sealed class ChangedUsers
{
    private const string NewPassword = "N3w-Passw0rd!";

    public static TheoryData<IdentityOver> Both => [IdentityOver.Scheme, IdentityOver.Tickets];

    [Theory]
    [MemberData(nameof(Both))]
    [Trait("abuse", "K9")]
    public async Task ASignInThatBeganBeforeAResetIsDeadAndTheOwnersNewSessionLives(IdentityOver over)
    {
        await using var site = await IdentitySite.StartAsync(over);
        var gate = site.HoldFirst("create");
        var thief = Task.Run(() => site.TryLoginAsync());
        await gate.Reached;
        Assert.True((await site.ResetPasswordAsync(NewPassword)).Succeeded);
        string owner = await site.LoginAsync(password: NewPassword);
        gate.Open();

        string? stolen = await thief;

        Assert.Equal("nobody", await site.WhoAsync(stolen));
        Assert.Equal("alice", await site.WhoAsync(owner));
        Assert.Equal(1, await site.Site.Store.CountActiveSessionsAsync());
    }

    [Theory]
    [MemberData(nameof(Both))]
    [Trait("abuse", "K9")]
    public async Task ASignInThatFinishesDuringAResetIsDead(IdentityOver over)
    {
        await using var site = await IdentitySite.StartAsync(over);
        var gate = site.HoldFirst("create", after: true);
        var thief = Task.Run(() => site.TryLoginAsync());
        await gate.Reached;
        Assert.True((await site.ResetPasswordAsync(NewPassword)).Succeeded);
        gate.Open();

        Assert.Equal("nobody", await site.WhoAsync(await thief));
        Assert.Equal(0, await site.Site.Store.CountActiveSessionsAsync());
    }

    [Theory]
    [MemberData(nameof(Both))]
    [Trait("abuse", "K9")]
    [Trait("abuse", "K13")]
    public async Task ASignInThatBeganBeforeADeletionOrALockoutIsDead(IdentityOver over)
    {
        foreach (bool delete in (bool[])[true, false])
        {
            await using var site = await IdentitySite.StartAsync(over);
            var gate = site.HoldFirst("create");
            var login = Task.Run(() => site.TryLoginAsync());
            await gate.Reached;
            Assert.True((await (delete ? DeleteAsync(site) : LockOutAsync(site))).Succeeded);
            gate.Open();

            Assert.Equal("nobody", await site.WhoAsync(await login));
            Assert.Equal(0, await site.Site.Store.CountActiveSessionsAsync());
        }
    }

    [Fact]
    [Trait("abuse", "K9")]
    public async Task APasswordChangeAndSignInOfAThiefDoesNotOutliveAReset()
    {
        await using var site = await IdentitySite.StartAsync();
        var gate = site.HoldFirst("create");
        var thief = Task.Run(async () =>
        {
            using var response = await site.SendAsync("/password-and-sign-in?next=Th1ef-Passw0rd!", null, HttpMethod.Post);
            return site.CookieOf(response);
        });
        await gate.Reached;
        Assert.True((await site.ResetPasswordAsync(NewPassword)).Succeeded);
        string owner = await site.LoginAsync(password: NewPassword);
        gate.Open();

        Assert.Equal("nobody", await site.WhoAsync(await thief));
        Assert.Equal("alice", await site.WhoAsync(owner));
    }

    [Fact]
    [Trait("abuse", "K9")]
    public async Task AUserStoreThatFailsAtASignInLeavesNoSession()
    {
        await using var site = await IdentitySite.StartAsync();
        var gate = site.HoldFirst("create");
        var login = Task.Run(() => site.SendAsync("/login?user=alice&password=Passw0rd!", null, HttpMethod.Post));
        await gate.Reached;
        site.Users.Fault = new IOException("The database is gone.");
        gate.Open();

        await Assert.ThrowsAsync<IOException>(() => login);

        Assert.Equal(0, await site.Site.Store.CountActiveSessionsAsync());
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task OrdinarySignInsAndChangesWork(IdentityOver over)
    {
        await using var site = await IdentitySite.StartAsync(over);
        string phone = await site.LoginAsync(), desk = await site.LoginAsync();
        using var changed = await site.SendAsync("/password?next=" + NewPassword, desk, HttpMethod.Post);
        string after = site.CookieOf(changed)!;
        using var registered = await site.SendAsync("/register/carol", null, HttpMethod.Post);

        Assert.Equal("nobody", await site.WhoAsync(phone));
        Assert.Equal("alice", await site.WhoAsync(after));
        Assert.Equal("carol", await site.WhoAsync(site.CookieOf(registered)));
        Assert.Equal("alice", await site.WhoAsync(await site.LoginAsync(password: NewPassword)));
    }

    [Theory]
    [MemberData(nameof(Both))]
    [Trait("abuse", "K10")]
    public async Task FailedPasswordsAreCountedWhileTheStoreIsDown(IdentityOver over)
    {
        await using var site = await IdentitySite.StartAsync(over);
        string owner = await site.LoginAsync();
        site.Site.Store.Before = (_, _) => throw new IOException("gone");
        for (int i = 1; i < 5; i++)
        {
            Assert.Equal("Failed", await site.TextAsync("/login?user=alice&password=wrong"));
            Assert.Equal(i, site.Users.Alice.Failures);
        }

        Assert.Equal("LockedOut", await site.TextAsync("/login?user=alice&password=wrong"));
        Assert.Equal("LockedOut", await site.TextAsync("/login?user=alice&password=Passw0rd!"));

        site.Site.Store.Before = null;
        Assert.Equal("LockedOut", await site.TextAsync("/login?user=alice&password=Passw0rd!"));

        // Who only guesses passwords must not be able to sign the owner out.
        Assert.Equal("alice", await site.WhoAsync(owner));
        Assert.True((await site.ChangeAsync((users, user) => users.UpdateAsync(user))).Succeeded);
        Assert.Equal("alice", await site.WhoAsync(owner));
    }

    [Theory]
    [MemberData(nameof(Both))]
    [Trait("abuse", "K10")]
    public async Task WrongPasswordsOfOthersDoNotSignOutTheOwnerWhoChangesThePassword(IdentityOver over)
    {
        await using var site = await IdentitySite.StartAsync(over);
        string owner = await site.LoginAsync();
        for (int i = 0; i < 5; i++)
        {
            await site.TextAsync("/login?user=alice&password=wrong");
        }

        Assert.Equal("LockedOut", await site.TextAsync("/login?user=alice&password=Passw0rd!"));

        using var changed = await site.SendAsync("/password?next=" + NewPassword, owner, HttpMethod.Post);

        Assert.Equal("alice", await site.WhoAsync(site.CookieOf(changed) ?? owner));
    }

    [Theory]
    [MemberData(nameof(Both))]
    [Trait("abuse", "K11")]
    public async Task ARefusedChangeEndsNoSession(IdentityOver over)
    {
        await using var site = await IdentitySite.StartAsync(over);
        string alice = await site.LoginAsync(), bob = await site.LoginAsync("bob");

        Assert.False((await site.ChangeAsync((users, user) => users.SetUserNameAsync(user, "bob"))).Succeeded);
        Assert.Contains("DuplicateUserName", await site.TextAsync("/take-name"), StringComparison.Ordinal);
        Assert.Contains("DuplicateUserName", await site.TextAsync("/register/bob"), StringComparison.Ordinal);
        Assert.False((await site.ChangeAsync((users, _) =>
            users.CreateAsync(new SavedTestUser { Id = "alice-id", Name = "bob" }, NewPassword))).Succeeded);
        site.Users.Refuses = true;
        Assert.False((await site.ChangeAsync((users, user) => users.UpdateSecurityStampAsync(user))).Succeeded);
        Assert.False((await LockOutAsync(site)).Succeeded);
        Assert.False((await DeleteAsync(site)).Succeeded);

        Assert.Equal("alice", await site.WhoAsync(alice));
        Assert.Equal("bob", await site.WhoAsync(bob));
    }

    [Theory]
    [MemberData(nameof(Both))]
    [Trait("abuse", "K12")]
    public async Task AChangedStampEndsPendingSessionsAndThoseThatTheSessionBegan(IdentityOver over)
    {
        await using var site = await IdentitySite.StartAsync(over);
        string set = (await SentIdAsync(site, "/set/alice-id"))!, pending = (await SentIdAsync(site, "/pending/alice-id"))!;
        string other = (await SentIdAsync(site, "/set/bob-id"))!;

        // A change that keeps the stamp ends nothing.
        Assert.True((await site.ChangeAsync((users, user) => users.UpdateAsync(user))).Succeeded);
        Assert.Equal(("200 SignedIn", "200 Pending"), (await StateAsync(site, set), await StateAsync(site, pending)));

        Assert.True((await site.ChangeAsync((users, user) => users.UpdateSecurityStampAsync(user))).Succeeded);

        Assert.Equal(("200 nobody", "200 nobody"), (await StateAsync(site, set), await StateAsync(site, pending)));
        Assert.Equal("200 SignedIn", await StateAsync(site, other));
    }

    /// <summary>The manager has not loaded this object, so it does not know the stamp that it had.</summary>
    [Fact]
    [Trait("abuse", "K12")]
    public async Task AUserThatTheApplicationLoadedItselfCountsToo()
    {
        await using var site = await IdentitySite.StartAsync();
        string set = (await SentIdAsync(site, "/set/alice-id"))!, alice = await site.LoginAsync();

        Assert.True((await site.ChangeAsync((users, _) => users.UpdateAsync(site.Users.Alice))).Succeeded);
        Assert.Equal(("200 SignedIn", "alice"), (await StateAsync(site, set), await site.WhoAsync(alice)));
        Assert.True((await site.ChangeAsync((users, _) => users.UpdateSecurityStampAsync(site.Users.Alice))).Succeeded);

        Assert.Equal(("200 nobody", "nobody"), (await StateAsync(site, set), await site.WhoAsync(alice)));
    }

    [Theory]
    [InlineData(IdentityOver.Scheme)]
    [InlineData(IdentityOver.Tickets)]
    [Trait("abuse", "K12")]
    public async Task AnotherUserIdClaimThanThatOfIdentityIsRefusedAtStartUp(IdentityOver over)
    {
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => IdentitySite.StartAsync(
            over, scheme: scheme => scheme.UserIdClaimType = "email", options: over == IdentityOver.Scheme
                ? null
                : options => options.ClaimsIdentity.UserIdClaimType = "email"));

        Assert.Contains("UserIdClaimType", fault.Message, StringComparison.Ordinal);
        Assert.Contains("SecurityStampClaimType = null", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("abuse", "K12")]
    public async Task AnotherStampClaimThanThatOfIdentityIsRefusedAtStartUp()
    {
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => IdentitySite.StartAsync(
            options: options => options.ClaimsIdentity.SecurityStampClaimType = "stamp"));

        Assert.Contains("SecurityStampClaimType", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("abuse", "K12")]
    public async Task TheSameOtherClaimInBothWorks()
    {
        await using var site = await IdentitySite.StartAsync(
            scheme: scheme => scheme.UserIdClaimType = "sub", options: options => options.ClaimsIdentity.UserIdClaimType = "sub");
        string alice = await site.LoginAsync();
        Assert.Equal("alice", await site.WhoAsync(alice));

        Assert.True((await site.ChangeAsync((users, user) => users.UpdateSecurityStampAsync(user))).Succeeded);

        Assert.Equal("nobody", await site.WhoAsync(alice));
    }

    [Theory]
    [MemberData(nameof(Both))]
    [Trait("abuse", "K13")]
    public async Task ADeletedUserIsSignedOutEverywhere(IdentityOver over)
    {
        await using var site = await IdentitySite.StartAsync(over);
        string phone = await site.LoginAsync(), desk = await site.LoginAsync(), bob = await site.LoginAsync("bob");
        string pending = (await SentIdAsync(site, "/pending/alice-id"))!;

        Assert.True((await DeleteAsync(site)).Succeeded);

        Assert.Equal(("nobody", "nobody", "bob"), (await site.WhoAsync(phone), await site.WhoAsync(desk), await site.WhoAsync(bob)));
        Assert.Equal("200 nobody", await StateAsync(site, pending));
    }

    [Theory]
    [MemberData(nameof(Both))]
    [Trait("abuse", "K13")]
    public async Task ALockedOutUserIsSignedOutEverywhere(IdentityOver over)
    {
        await using var site = await IdentitySite.StartAsync(over);
        string alice = await site.LoginAsync(), bob = await site.LoginAsync("bob");

        Assert.True((await LockOutAsync(site)).Succeeded);

        Assert.Equal(("nobody", "bob"), (await site.WhoAsync(alice), await site.WhoAsync(bob)));
        Assert.Null(await site.TryLoginAsync());
    }

    [Fact]
    [Trait("abuse", "K13")]
    public async Task ALockoutThatIsOverOrNotEnabledEndsNothing()
    {
        await using var site = await IdentitySite.StartAsync();
        string alice = await site.LoginAsync();

        Assert.True((await site.ChangeAsync((users, user) =>
            users.SetLockoutEndDateAsync(user, DateTimeOffset.UtcNow.AddDays(-1)))).Succeeded);
        Assert.True((await site.ChangeAsync((users, user) => users.SetLockoutEnabledAsync(user, false))).Succeeded);

        Assert.Equal("alice", await site.WhoAsync(alice));
    }

    [Fact]
    [Trait("abuse", "K13")]
    public async Task AStoreThatIsDownWhenAResetIsSavedIsAFaultAndTheNextTryEndsTheSessions()
    {
        await using var site = await IdentitySite.StartAsync();
        string alice = await site.LoginAsync();
        string first = site.Users.Alice.Stamp!;
        site.Site.Store.Before = (_, _) => throw new IOException("gone");

        await Assert.ThrowsAsync<SessionStoreException>(() =>
            site.ChangeAsync((users, user) => users.UpdateSecurityStampAsync(user)));
        Assert.NotEqual(first, site.Users.Alice.Stamp);
        site.Site.Store.Before = null;

        await site.ChangeAsync((users, user) => users.UpdateSecurityStampAsync(user));
        Assert.Equal("nobody", await site.WhoAsync(alice));
    }

    /// <summary>
    /// The library cannot replace a user manager of the application, nor one that is registered later. It then looks at the saved user when
    /// the response starts.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("abuse", "K11")]
    public async Task AUserManagerThatIsNotReplacedEndsSessionsBeforeTheResponse(bool late)
    {
        await using var site = await IdentitySite.StartAsync(
            identity: late ? null : builder => builder.AddUserManager<UnreplacedManager<SavedTestUser>>(), identityFirst: !late);
        string alice = await site.LoginAsync();

        Assert.Contains("DuplicateUserName", await site.TextAsync("/take-name"), StringComparison.Ordinal);
        Assert.Equal("alice", await site.WhoAsync(alice));
        Assert.Equal("Succeeded", await site.TextAsync("/reset"));
        Assert.Equal("nobody", await site.WhoAsync(alice));

        alice = await site.LoginAsync();
        for (int i = 0; i < 5; i++)
        {
            await site.TextAsync("/login?user=alice&password=wrong");
        }

        Assert.Equal("alice", await site.WhoAsync(alice));
        Assert.Equal("Succeeded", await site.TextAsync("/lock"));
        Assert.Equal("nobody", await site.WhoAsync(alice));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("abuse", "K13")]
    public async Task AUserManagerThatDerivesFromTheLibrarysSeesEverySave(bool late)
    {
        await using var site = await IdentitySite.StartAsync(
            identity: builder => builder.AddUserManager<ObservedManager>(), identityFirst: !late);
        string alice = await site.LoginAsync();
        Assert.True((await site.ChangeAsync((users, user) => users.UpdateSecurityStampAsync(user))).Succeeded);
        Assert.Equal("nobody", await site.WhoAsync(alice));

        alice = await site.LoginAsync();
        Assert.True((await DeleteAsync(site)).Succeeded);
        Assert.Equal("nobody", await site.WhoAsync(alice));
    }

    private static Task<IdentityResult> DeleteAsync(IdentitySite site) => site.ChangeAsync((users, user) => users.DeleteAsync(user));

    private static Task<IdentityResult> LockOutAsync(IdentitySite site) =>
        site.ChangeAsync((users, user) => users.SetLockoutEndDateAsync(user, DateTimeOffset.MaxValue));

    private static async Task<string?> SentIdAsync(IdentitySite site, string path)
    {
        using var response = await site.Site.SendAsync(path, method: HttpMethod.Post);
        return response.SentId();
    }

    private static Task<string> StateAsync(IdentitySite site, string id) => site.Site.StatusAndTextAsync("/state", id);

    /// <summary>A user manager of an application that derives from the library's.</summary>
    private sealed class ObservedManager(
        IUserStore<SavedTestUser> store,
        IOptions<IdentityOptions> optionsAccessor,
        IPasswordHasher<SavedTestUser> passwordHasher,
        IEnumerable<IUserValidator<SavedTestUser>> userValidators,
        IEnumerable<IPasswordValidator<SavedTestUser>> passwordValidators,
        ILookupNormalizer keyNormalizer,
        IdentityErrorDescriber errors,
        IServiceProvider services,
        ILogger<UserManager<SavedTestUser>> logger)
        : SactUserManager<SavedTestUser>(
            store, optionsAccessor, passwordHasher, userValidators, passwordValidators, keyNormalizer, errors, services, logger);
}
