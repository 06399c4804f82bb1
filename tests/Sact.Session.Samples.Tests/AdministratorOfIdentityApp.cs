using System.Net;
using System.Text.RegularExpressions;

namespace Sact.Session.Samples.Tests;

/// <summary>The page /Admin/Users of the sample IdentityApp, with an administrator and a user who is signed in on two devices.</summary>
public sealed partial class AdministratorOfIdentityApp : IAsyncLifetime
{
    private const string Admin = "admin@example.test";
    private const string Alice = "alice@example.test";
    private const string Users = "/Admin/Users";
    private const string Login = "/Identity/Account/Login";

    private readonly IdentityAppDatabase _database = new();
    private RunningSample _sample = null!;
    private FormBrowser _admin = null!;
    private FormBrowser _phone = null!;
    private FormBrowser _desk = null!;

    public async ValueTask InitializeAsync()
    {
        _sample = await _database.StartAsync(administrator: "Admin@Example.test");
        _admin = new FormBrowser(_sample.Address);
        _phone = new FormBrowser(_sample.Address);
        _desk = new FormBrowser(_sample.Address);
        await IdentityAppDatabase.RegisterAsync(_admin, Admin);
        await IdentityAppDatabase.LogInAsync(_admin, Admin);
        await IdentityAppDatabase.RegisterAsync(_phone, Alice);
        await IdentityAppDatabase.LogInAsync(_phone, Alice);
        await IdentityAppDatabase.LogInAsync(_desk, Alice);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var browser in (FormBrowser?[])[_admin, _phone, _desk])
        {
            browser?.Dispose();
        }

        if (_sample is not null)
        {
            await _sample.DisposeAsync();
        }

        _database.Dispose();
    }

    [Fact]
    public async Task LocksOutAUserWhoIsSignedOutEverywhereAtOnce()
    {
        Assert.Equal(["1 device", "2 devices"], await DevicesAsync());
        Assert.True(await AreSignedInAsync());

        await SendAsync("LockOut", Alice);

        Assert.False(await IdentityAppDatabase.IsSignedInAsync(_phone, Alice));
        Assert.False(await IdentityAppDatabase.IsSignedInAsync(_desk, Alice));
        Assert.Equal(Login, await _phone.RedirectionAsync("/Devices"));
        Assert.Equal("/Identity/Account/Lockout", await IdentityAppDatabase.LogInAsync(_phone, Alice));
        Assert.Contains("alice@example.test is locked out.", await _admin.GetAsync(Users), StringComparison.Ordinal);
        Assert.Equal(["1 device", "0 devices"], await DevicesAsync());

        await SendAsync("Unlock", Alice);

        Assert.False(await IdentityAppDatabase.IsSignedInAsync(_desk, Alice));
        Assert.Equal("/", await IdentityAppDatabase.LogInAsync(_phone, Alice));
        Assert.True(await IdentityAppDatabase.IsSignedInAsync(_phone, Alice));
    }

    [Fact]
    public async Task DeletesAUserWhoIsSignedOutEverywhereAtOnce()
    {
        Assert.True(await AreSignedInAsync());

        await SendAsync("Delete", Alice);

        Assert.False(await IdentityAppDatabase.IsSignedInAsync(_phone, Alice));
        Assert.False(await IdentityAppDatabase.IsSignedInAsync(_desk, Alice));
        Assert.Equal((1L, 1L), await _database.RowsAsync());
    }

    [Theory]
    [InlineData("LockOut")]
    [InlineData("Delete")]
    public async Task DoesNotShutThemselvesOut(string handler)
    {
        await SendAsync(handler, Admin);

        Assert.Contains("You cannot lock out or delete yourself here.", await _admin.GetAsync(Users), StringComparison.Ordinal);
        Assert.True(await IdentityAppDatabase.IsSignedInAsync(_admin, Admin));
    }

    [Fact]
    public async Task IsNeitherAVisitorNorAnotherUser()
    {
        using var visitor = new FormBrowser(_sample.Address);
        Dictionary<string, string> admin = new() { ["id"] = await IdAsync(Admin) };

        Assert.Equal(Login, await visitor.RedirectionAsync(Users));
        Assert.Equal(Login, await visitor.PostAsync($"{Users}?handler=LockOut", admin, formOf: Login));
        Assert.Equal("/Identity/Account/AccessDenied", await _phone.RedirectionAsync(Users));
        Assert.Equal("/Identity/Account/AccessDenied", await _phone.PostAsync($"{Users}?handler=LockOut", admin, formOf: "/"));
        Assert.Equal("/Identity/Account/AccessDenied", await _phone.PostAsync($"{Users}?handler=Delete", admin, formOf: "/"));

        Assert.True(await IdentityAppDatabase.IsSignedInAsync(_admin, Admin));
        Assert.Contains($"href=\"{Users}\"", await _admin.GetAsync("/"), StringComparison.Ordinal);
        Assert.DoesNotContain(Users, await _phone.GetAsync("/"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task IsNobodyWhoseAddressIsNoLongerConfirmedOrAnother()
    {
        Assert.Null(await _admin.RedirectionAsync(Users));
        await _database.ChangeAsync(Admin, user => user.EmailConfirmed = false);
        Assert.Equal("/Identity/Account/AccessDenied", await _admin.RedirectionAsync(Users));
        await _database.ChangeAsync(Admin, user => (user.EmailConfirmed, user.NormalizedEmail) = (true, "OTHER@EXAMPLE.TEST"));
        Assert.Equal("/Identity/Account/AccessDenied", await _admin.RedirectionAsync(Users));
    }

    [Fact]
    public async Task ChangesNothingByAForgedForm()
    {
        Assert.Equal(
            HttpStatusCode.BadRequest, await _admin.ForgeAsync($"{Users}?handler=LockOut", new() { ["id"] = await IdAsync(Alice) }));

        Assert.True(await AreSignedInAsync());
    }

    [Theory]
    [InlineData("LockOut")]
    [InlineData("Unlock")]
    [InlineData("Delete")]
    public async Task ChangesNothingUntilThePasswordIsGivenIfThatIsLongAgo(string handler)
    {
        await _database.LetPasswordsGrowOldAsync();

        Assert.Equal(Login, await _admin.PostAsync(
            $"{Users}?handler={handler}", new() { ["id"] = await IdAsync(Alice) }, formOf: Users));

        Assert.True(await AreSignedInAsync());
        Assert.DoesNotContain(Alice + " ", await _admin.GetAsync(Users), StringComparison.Ordinal);
    }

    private async Task<bool> AreSignedInAsync() =>
        await IdentityAppDatabase.IsSignedInAsync(_phone, Alice) && await IdentityAppDatabase.IsSignedInAsync(_desk, Alice);

    private async Task SendAsync(string handler, string email) => Assert.Equal(
        Users, await _admin.PostAsync($"{Users}?handler={handler}", new() { ["id"] = await IdAsync(email) }, formOf: Users));

    private async Task<string> IdAsync(string email)
    {
        await using var context = _database.NewContext();
        return context.Users.Single(user => user.Email == email).Id;
    }

    private async Task<IReadOnlyList<string>> DevicesAsync() =>
        [.. Devices().Matches(await _admin.GetAsync(Users)).Select(match => match.Value)];

    [GeneratedRegex("[0-9]+ devices?(?=</td>)")]
    private static partial Regex Devices();
}
