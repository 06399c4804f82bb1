namespace Sact.Session.Tests;

/// <summary>Identity ends a user's sessions, and the marker says why.</summary>
public sealed class ReasonsOfIdentity
{
    public static TheoryData<string, SessionEndReason> Changes => new()
    {
        { "reset", SessionEndReason.CredentialsChanged },
        { "lock", SessionEndReason.UserLockedOut },
        { "delete", SessionEndReason.UserDeleted },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    [Trait("abuse", "K13")]
    public async Task AreLeftWithTheSessionsThatItEnds(string change, SessionEndReason reason)
    {
        await using var site = await IdentitySite.StartAsync();
        string phone = await site.LoginAsync();

        Assert.True((await site.ChangeAsync(async (users, user) => change switch
        {
            "reset" => await users.UpdateSecurityStampAsync(user),
            "lock" => await users.SetLockoutEndDateAsync(user, DateTimeOffset.MaxValue),
            _ => await users.DeleteAsync(user),
        })).Succeeded);

        Assert.Equal("nobody", await site.WhoAsync(phone));
        var found = await site.Site.Store.FindAsync(site.Site.Store.GetSessionKey(phone));
        Assert.Equal(reason, found.Ended?.Reason);
    }
}
