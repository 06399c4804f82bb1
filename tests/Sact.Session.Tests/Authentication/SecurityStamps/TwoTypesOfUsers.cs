using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>An application has two types of users, each with a store. Their ids may be equal, or of different kinds.</summary>
public sealed class TwoTypesOfUsers
{
    public static TheoryData<IdentityOver> Both => [IdentityOver.Scheme, IdentityOver.Tickets];

    [SuppressMessage("Usage", "CA2201:Do not raise reserved exception types", Justification = "Stores throw them.")]
    public static TheoryData<Exception> Refusals =>
    [
        new ArgumentException("alice-id is not a valid value for Int32."),
        new FormatException("Unrecognized Guid format."),
        new OverflowException("The value was too large."),
        new NotSupportedException("The converter cannot convert from a string."),
    ];

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task AStoreThatCannotReadAnIdOfTheOtherTypeHasNoSuchUser(Exception refusal)
    {
        await using var site = await StartAsync(IdentityOver.Scheme);
        Others(site).Fault = refusal;
        string phone = await site.LoginAsync();
        Assert.Equal("alice", await site.WhoAsync(phone));

        Assert.Equal("Succeeded", await site.TextAsync("/reset"));

        Assert.Equal("nobody", await site.WhoAsync(phone));
    }

    [Theory]
    [MemberData(nameof(Both))]
    [Trait("abuse", "K13")]
    public async Task ALockoutEndsNoSignInOfTheOtherTypesUserWithTheSameId(IdentityOver over)
    {
        await using var site = await StartAsync(over);
        var other = Others(site).Alice;
        other.LockedOutUntil = DateTimeOffset.MaxValue;
        await Others(site).UpdateAsync(other, TestContext.Current.CancellationToken);

        Assert.Equal("alice", await site.WhoAsync(await site.LoginAsync()));
    }

    [Theory]
    [MemberData(nameof(Both))]
    [Trait("abuse", "K12")]
    public async Task AChangedStampEndsNoSessionOfTheOtherTypesUserWithTheSameId(IdentityOver over)
    {
        await using var site = await StartAsync(over);
        string alice = await site.LoginAsync();

        await ResetOtherAsync(site);
        Assert.Equal("alice", await site.WhoAsync(alice));

        Assert.Equal("Succeeded", await site.TextAsync("/reset"));
        Assert.Equal("nobody", await site.WhoAsync(alice));
    }

    [Theory]
    [InlineData(IdentityOver.Scheme, true)]
    [InlineData(IdentityOver.Scheme, false)]
    [InlineData(IdentityOver.Tickets, true)]
    [InlineData(IdentityOver.Tickets, false)]
    [Trait("abuse", "K13")]
    public async Task ADeletionOrALockoutEndsNoSessionOfTheOtherTypesUserWithTheSameId(IdentityOver over, bool delete)
    {
        await using var site = await StartAsync(over);
        string alice = await site.LoginAsync();

        Assert.True((await ChangeOtherAsync(site, (users, user) => delete
            ? users.DeleteAsync(user)
            : users.SetLockoutEndDateAsync(user, DateTimeOffset.MaxValue))).Succeeded);
        Assert.Equal("alice", await site.WhoAsync(alice));

        Assert.True((await site.ChangeAsync((users, user) => delete
            ? users.DeleteAsync(user)
            : users.SetLockoutEndDateAsync(user, DateTimeOffset.MaxValue))).Succeeded);
        Assert.Equal("nobody", await site.WhoAsync(alice));
    }

    /// <summary>A manager that does not report what it saves leaves the comparison to the end of the request.</summary>
    [Fact]
    [Trait("abuse", "K13")]
    public async Task ALockoutByAnotherUserManagerEndsNoSessionOfTheOtherTypesUserWithTheSameId()
    {
        await using var site = await StartAsync(
            IdentityOver.Scheme, identity => identity.AddUserManager<UnreplacedManager<SavedTestUser>>());
        string alice = await site.LoginAsync();
        var other = Others(site).Alice;
        other.LockedOutUntil = DateTimeOffset.MaxValue;
        await Others(site).UpdateAsync(other, TestContext.Current.CancellationToken);

        // A change of this type's user makes the manager compare.
        Assert.Contains("DuplicateUserName", await site.TextAsync("/take-name"), StringComparison.Ordinal);
        Assert.Equal("alice", await site.WhoAsync(alice));

        Assert.Equal("Succeeded", await site.TextAsync("/lock"));
        Assert.Equal("nobody", await site.WhoAsync(alice));
    }

    /// <summary>Without the stamps of the other type nobody knows which sessions are current, so all of them end.</summary>
    [Fact]
    [Trait("abuse", "K12")]
    public async Task AChangedStampEndsTheSessionsWhileTheOtherTypesStoreIsDown()
    {
        await using var site = await StartAsync(IdentityOver.Scheme);
        string alice = await site.LoginAsync();
        Others(site).Fault = new IOException("The database is gone.");

        Assert.True((await site.ChangeAsync((users, user) => users.UpdateSecurityStampAsync(user))).Succeeded);

        Assert.Equal("nobody", await site.WhoAsync(alice));
    }

    private static async Task ResetOtherAsync(IdentitySite site) =>
        Assert.True((await ChangeOtherAsync(site, (users, user) => users.UpdateSecurityStampAsync(user))).Succeeded);

    private static async Task<IdentityResult> ChangeOtherAsync(
        IdentitySite site, Func<UserManager<OtherTestUser>, OtherTestUser, Task<IdentityResult>> change)
    {
        await using var scope = site.Site.Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<OtherTestUser>>();
        return await change(users, (await users.FindByIdAsync("alice-id"))!);
    }

    private static SavedUsersOf<OtherTestUser> Others(IdentitySite site) =>
        (SavedUsersOf<OtherTestUser>)site.Site.Services.GetRequiredService<IUserStore<OtherTestUser>>();

    private static async Task<IdentitySite> StartAsync(IdentityOver over, Action<IdentityBuilder>? identity = null)
    {
        var site = await IdentitySite.StartAsync(over, builder =>
        {
            builder.Services.AddSingleton<IUserStore<OtherTestUser>, SavedUsersOf<OtherTestUser>>();
            builder.Services.AddIdentityCore<OtherTestUser>();
            identity?.Invoke(builder);
        });

        // A type counts once the application has used its user manager.
        var others = Others(site);
        var changed = others.Alice;
        changed.Stamp = "stamp of the other alice";
        await others.UpdateAsync(changed, TestContext.Current.CancellationToken);
        await ResetOtherAsync(site);
        return site;
    }

    private sealed record OtherTestUser : SavedTestUser;
}
