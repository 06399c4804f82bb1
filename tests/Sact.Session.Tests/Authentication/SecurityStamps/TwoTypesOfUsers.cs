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

    private static async Task ResetOtherAsync(IdentitySite site)
    {
        await using var scope = site.Site.Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<OtherTestUser>>();
        Assert.True((await users.UpdateSecurityStampAsync((await users.FindByIdAsync("alice-id"))!)).Succeeded);
    }

    private static SavedUsersOf<OtherTestUser> Others(IdentitySite site) =>
        (SavedUsersOf<OtherTestUser>)site.Site.Services.GetRequiredService<IUserStore<OtherTestUser>>();

    private static async Task<IdentitySite> StartAsync(IdentityOver over)
    {
        var site = await IdentitySite.StartAsync(over, builder =>
        {
            builder.Services.AddSingleton<IUserStore<OtherTestUser>, SavedUsersOf<OtherTestUser>>();
            builder.Services.AddIdentityCore<OtherTestUser>();
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
