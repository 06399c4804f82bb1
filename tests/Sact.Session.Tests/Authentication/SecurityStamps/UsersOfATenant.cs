using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>
/// The store of users is filtered by the tenant of the request, as by a query filter of a database context. Other scopes of services have
/// no tenant, so their store finds nobody.
/// </summary>
public sealed class UsersOfATenant
{
    public static TheoryData<IdentityOver> Both => [IdentityOver.Scheme, IdentityOver.Tickets];

    [Theory]
    [MemberData(nameof(Both))]
    [Trait("abuse", "K9")]
    public async Task SignInAndAChangedStampEndsTheirSessions(IdentityOver over)
    {
        await using var site = await StartAsync(over);
        string phone = await site.LoginAsync(), bob = await site.LoginAsync("bob");
        Assert.Equal("alice", await site.WhoAsync(phone));

        Assert.Equal("Succeeded", await site.TextAsync("/reset"));

        Assert.Equal(("nobody", "bob"), (await site.WhoAsync(phone), await site.WhoAsync(bob)));
        Assert.Equal("alice", await site.WhoAsync(await site.LoginAsync()));
    }

    [Theory]
    [MemberData(nameof(Both))]
    [Trait("abuse", "K10")]
    public async Task AreNotSignedOutByAWrongPasswordWithAnotherUserManager(IdentityOver over)
    {
        await using var site = await StartAsync(over, builder => builder.AddUserManager<UnreplacedManager<SavedTestUser>>());
        string alice = await site.LoginAsync();

        Assert.Equal("Failed", await site.TextAsync("/login?user=alice&password=wrong"));
        Assert.Equal("alice", await site.WhoAsync(alice));
        Assert.Equal("Succeeded", await site.TextAsync("/reset"));
        Assert.Equal("nobody", await site.WhoAsync(alice));
    }

    /// <summary>The store of the request still knows the user that it has loaded.</summary>
    [Theory]
    [MemberData(nameof(Both))]
    [Trait("abuse", "K13")]
    public async Task WhoAreDeletedDuringTheirSignInAreSignedOut(IdentityOver over)
    {
        await using var site = await StartAsync(over);
        var gate = new Gate();
        site.Site.Store.Before = (verb, _) => verb == "create" ? gate.PassAsync() : default;
        var login = Task.Run(() => site.TryLoginAsync());
        await gate.Reached;
        var users = site.Site.Services.GetRequiredService<SavedUsersStore>();
        await users.DeleteAsync(users.Alice, TestContext.Current.CancellationToken);
        gate.Open();

        Assert.Equal("nobody", await site.WhoAsync(await login));
        Assert.Equal(0, await site.Site.Store.CountActiveSessionsAsync());
    }

    private static Task<IdentitySite> StartAsync(IdentityOver over, Action<IdentityBuilder>? identity = null) =>
        IdentitySite.StartAsync(over, builder =>
        {
            builder.Services.AddSingleton<SavedUsersStore>();
            builder.Services.AddScoped<Tenant>();
            builder.Services.AddScoped<IUserStore<SavedTestUser>, TenantUsers>();
            builder.Services.AddTransient<IStartupFilter, TenantFilter>();
            identity?.Invoke(builder);
        });

    private sealed class Tenant
    {
        public bool IsChosen { get; set; }
    }

    private sealed class TenantFilter : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use((context, following) =>
            {
                context.RequestServices.GetRequiredService<Tenant>().IsChosen = true;
                return following(context);
            });
            next(app);
        };
    }

    /// <summary>Like a database context, it returns the object of a known id again, and always searches the database for a name.</summary>
    private sealed class TenantUsers(SavedUsersStore all, Tenant tenant) : SavedUsersOf<SavedTestUser>(all)
    {
        private readonly Dictionary<string, SavedTestUser> _known = [];

        public override async Task<SavedTestUser?> FindByIdAsync(string userId, CancellationToken cancellationToken) =>
            _known.TryGetValue(userId, out var known) ? known : Known(await base.FindByIdAsync(userId, cancellationToken));

        public override async Task<SavedTestUser?> FindByNameAsync(string normalizedUserName, CancellationToken cancellationToken) =>
            Known(await base.FindByNameAsync(normalizedUserName, cancellationToken));

        private SavedTestUser? Known(SavedTestUser? user)
        {
            if (user is null || !tenant.IsChosen)
            {
                return null;
            }

            _known.TryAdd(user.Id, user);
            return _known[user.Id];
        }
    }
}
