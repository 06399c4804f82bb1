using Microsoft.AspNetCore.Builder;

namespace Sact.Session.Tests;

/// <summary>A store returns another session than the requested one, or an invalid record.</summary>
public sealed class WrongStoreAnswers
{
    [Fact]
    [Trait("abuse", "H8")]
    public async Task TheRecordOfAnotherSessionIsRefusedWithOneEvent()
    {
        var host = new SessionHost();
        string mine = await host.SignInAsync("alice");
        string theirs = await host.SignInAsync("bob");
        var wrong = await host.Memory.GetAsync(host.Memory.GetSessionKey(theirs));
        host.Store.Substitute = (_, _) => wrong;
        var exchange = host.Request(mine);

        Assert.Null(await exchange.Session.GetAsync());
        Assert.False(await exchange.Session.UpdateAsync(new() { ["a"] = 1 }));

        Assert.Single(host.Events, logged => logged.Id.Id == 13);
        Assert.Equal(0, host.Store.Count("update"));
        host.Store.Substitute = null;
        Assert.Equal("bob", await host.WhoAsync(theirs));
        Assert.Equal("alice", await host.WhoAsync(mine));
    }

    [Fact]
    [Trait("abuse", "H8")]
    public async Task SigningOutWithAWrongRecordEndsNoOtherSession()
    {
        var host = new SessionHost();
        string mine = await host.SignInAsync("alice");
        string theirs = await host.SignInAsync("bob");
        var wrong = await host.Memory.GetAsync(host.Memory.GetSessionKey(theirs));
        host.Store.Substitute = (_, _) => wrong;
        var exchange = host.Request(mine);

        await exchange.Session.DeleteAsync();

        Assert.Equal("", exchange.SentId);
        Assert.Equal(0, host.Store.Count("delete"));
        host.Store.Substitute = null;
        Assert.Equal("bob", await host.WhoAsync(theirs));
    }

    [Fact]
    [Trait("abuse", "H8")]
    public async Task AnotherSessionUnderTheSameKeyIsRefusedAndNotChanged()
    {
        var host = new SessionHost();
        string mine = await host.SignInAsync("alice");
        var right = (await host.Memory.GetAsync(host.Memory.GetSessionKey(mine)))!;
        var (_, other) = host.Options.Services.Make(host.Memory, "bob", SessionFields.Empty);
        host.Store.Substitute = (_, _) => new SessionRecord
        {
            Key = right.Key,
            UserId = "bob",
            State = SessionState.SignedIn,
            LineageHash = other.LineageHash,
            CurrentHash = other.CurrentHash,
            CreatedAt = other.CreatedAt,
            LastSeenAt = other.LastSeenAt,
            Lifetimes = other.Lifetimes,
        };

        Assert.Null(await host.WhoAsync(mine));
        Assert.Equal(0, host.Store.Count("update") + host.Store.Count("delete"));
    }

    [Fact]
    [Trait("abuse", "H8")]
    public async Task AWrongRecordAtTheSecondReadIsRefused()
    {
        var host = new SessionHost();
        string mine = await host.SignInAsync("alice");
        string theirs = await host.SignInAsync("bob");
        var session = host.Request(mine).Session;
        Assert.Equal("alice", (await session.GetAsync())?.UserId);

        var wrong = await host.Memory.GetAsync(host.Memory.GetSessionKey(theirs));
        host.Store.Substitute = (_, _) => wrong;

        Assert.Null(await session.GetAsync(reload: true));
        Assert.Single(host.Events, logged => logged.Id.Id == 13);
    }

    [Fact]
    [Trait("abuse", "H8")]
    public async Task EndingADeviceByKeyDoesNotEndAWrongRecord()
    {
        var host = new SessionHost();
        string mine = await host.SignInAsync("alice");
        string phone = await host.SignInAsync("alice");
        string theirs = await host.SignInAsync("bob");
        var session = host.Request(mine).Session;
        await session.GetAsync();
        var wrong = await host.Memory.GetAsync(host.Memory.GetSessionKey(theirs));
        host.Store.Substitute = (_, _) => wrong;

        Assert.False(await session.DeleteSessionAsync(host.Memory.GetSessionKey(phone)));

        host.Store.Substitute = null;
        Assert.Equal("bob", await host.WhoAsync(theirs));
    }

    [Fact]
    [Trait("abuse", "H2")]
    public async Task AnExpiredRecordIsNotASession()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync();
        var old = await host.Memory.GetAsync(host.Memory.GetSessionKey(id));
        host.Store.Substitute = (_, _) => old;
        host.Clock.Advance(TimeSpan.FromDays(28));

        Assert.Null(await host.WhoAsync(id));
        Assert.Equal(0, host.Store.Count("update") + host.Store.Count("delete"));
    }

    [Theory]
    [InlineData("no key")]
    [InlineData("state")]
    [InlineData("anonymous with a user")]
    [InlineData("no user")]
    [InlineData("invalid user")]
    [InlineData("no lineage")]
    [InlineData("no current")]
    [InlineData("pending without time")]
    [InlineData("previous without time")]
    [InlineData("no lifetimes")]
    [InlineData("no fields")]
    [InlineData("format 0")]
    [Trait("abuse", "H2")]
    public async Task AContradictoryRecordIsInvalidAndIsNotStored(string fault)
    {
        var host = new SessionHost();
        var (_, valid) = host.Options.Services.Make(host.Memory, "alice", SessionFields.Empty);
        SessionRecord Copy(string broken) => new()
        {
            Key = broken == "no key" ? default : valid.Key,
            UserId = broken switch { "no user" => null, "invalid user" => "a\0b", _ => "alice" },
            State = broken switch
            {
                "state" => (SessionState)9,
                "anonymous with a user" => SessionState.Anonymous,
                _ => SessionState.SignedIn,
            },
            LineageHash = broken == "no lineage" ? default : valid.LineageHash,
            CurrentHash = broken == "no current" ? default : valid.CurrentHash,
            PendingHash = broken == "pending without time" ? valid.CurrentHash : null,
            PreviousHash = broken == "previous without time" ? valid.CurrentHash : null,
            CreatedAt = valid.CreatedAt,
            LastSeenAt = valid.LastSeenAt,
            Lifetimes = broken == "no lifetimes" ? null! : valid.Lifetimes,
            Fields = broken == "no fields" ? null! : valid.Fields,
            Format = broken == "format 0" ? 0 : 1,
        };

        Assert.Null(SessionRecord.Validate(Copy("")));
        Assert.NotNull(SessionRecord.Validate(Copy(fault)));
        await Assert.ThrowsAsync<ArgumentException>("session", () => host.Memory.CreateAsync(Copy(fault)).AsTask());
        Assert.Equal((0, 0), (await host.Memory.CountActiveSessionsAsync(), host.Memory.SizeInBytes));
    }

    [Fact]
    [Trait("abuse", "H5")]
    public async Task ARecordOfANewerFormatIsA503AndIsNotChanged()
    {
        await using var site = await Site.StartAsync(app =>
        {
            app.MapGet("/me", async (ISession<IGenericStore> session) => (await session.GetAsync())?.UserId ?? "nobody");
            app.MapPost("/login", async (ISession<IGenericStore> session) => await session.SetAsync("alice"));
        });
        using var login = await site.SendAsync("/login", method: HttpMethod.Post);
        site.Store.Reset();

        // The contract requires this of a store.
        site.Store.Before = (verb, _) =>
            verb == "get"
                ? throw new SessionStoreException("The record has format 2; this version reads 1. Deploy the newer version everywhere.")
                : default;
        using var me = await site.SendAsync("/me", login.SentId());

        Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, me.StatusCode);
        Assert.Empty(me.SetCookies());
        Assert.Equal(["get"], site.Store.Calls);
    }
}
