using Microsoft.AspNetCore.Builder;

namespace Sact.Session.Tests;

/// <summary>A store that answers with what is not the session asked for, or with what is no session.</summary>
public sealed class AStoreThatAnswersWrongly
{
    [Fact]
    [Trait("abuse", "H8")]
    public async Task AnotherSessionsRecordIsRefusedWithOneEvent()
    {
        var bed = new Bed();
        string mine = await bed.SignInAsync("alice");
        string theirs = await bed.SignInAsync("bob");
        var wrong = await bed.Memory.GetAsync(bed.Memory.GetSessionKey(theirs));
        bed.Store.Substitute = (_, _) => wrong;
        var exchange = bed.Request(mine);

        Assert.Null(await exchange.Session.GetAsync());
        Assert.False(await exchange.Session.UpdateAsync(new() { ["a"] = 1 }));

        Assert.Single(bed.Events, told => told.Id.Id == 13);
        Assert.Equal(0, bed.Store.Count("update"));
        bed.Store.Substitute = null;
        Assert.Equal("bob", await bed.WhoAsync(theirs));
        Assert.Equal("alice", await bed.WhoAsync(mine));
    }

    [Fact]
    [Trait("abuse", "H8")]
    public async Task SigningOutWithTheWrongRecordEndsNobodyElse()
    {
        var bed = new Bed();
        string mine = await bed.SignInAsync("alice");
        string theirs = await bed.SignInAsync("bob");
        var wrong = await bed.Memory.GetAsync(bed.Memory.GetSessionKey(theirs));
        bed.Store.Substitute = (_, _) => wrong;
        var exchange = bed.Request(mine);

        await exchange.Session.DeleteAsync();

        Assert.Equal("", exchange.SentId);
        Assert.Equal(0, bed.Store.Count("delete"));
        bed.Store.Substitute = null;
        Assert.Equal("bob", await bed.WhoAsync(theirs));
    }

    [Fact]
    [Trait("abuse", "H8")]
    public async Task AnotherSessionUnderTheSameKeyIsRefusedAndNothingHappensToIt()
    {
        var bed = new Bed();
        string mine = await bed.SignInAsync("alice");
        var right = (await bed.Memory.GetAsync(bed.Memory.GetSessionKey(mine)))!;
        var (_, other) = bed.Options.Services.Make(bed.Memory, "bob", SessionFields.Empty);
        bed.Store.Substitute = (_, _) => new SessionRecord
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

        Assert.Null(await bed.WhoAsync(mine));
        Assert.Equal(0, bed.Store.Count("update") + bed.Store.Count("delete"));
    }

    [Fact]
    [Trait("abuse", "H8")]
    public async Task ARecordChangedBetweenTwoReadsOfOneRequestIsRefused()
    {
        var bed = new Bed();
        string mine = await bed.SignInAsync("alice");
        string theirs = await bed.SignInAsync("bob");
        var session = bed.Request(mine).Session;
        Assert.Equal("alice", (await session.GetAsync())?.UserId);

        var wrong = await bed.Memory.GetAsync(bed.Memory.GetSessionKey(theirs));
        bed.Store.Substitute = (_, _) => wrong;

        Assert.Null(await session.GetAsync(reload: true));
        Assert.Single(bed.Events, told => told.Id.Id == 13);
    }

    [Fact]
    [Trait("abuse", "H8")]
    public async Task EndingADeviceByKeyDoesNotEndWhatTheStoreMistookForIt()
    {
        var bed = new Bed();
        string mine = await bed.SignInAsync("alice");
        string phone = await bed.SignInAsync("alice");
        string theirs = await bed.SignInAsync("bob");
        var session = bed.Request(mine).Session;
        await session.GetAsync();
        var wrong = await bed.Memory.GetAsync(bed.Memory.GetSessionKey(theirs));
        bed.Store.Substitute = (_, _) => wrong;

        Assert.False(await session.DeleteSessionAsync(bed.Memory.GetSessionKey(phone)));

        bed.Store.Substitute = null;
        Assert.Equal("bob", await bed.WhoAsync(theirs));
    }

    [Fact]
    [Trait("abuse", "H2")]
    public async Task AnExpiredRecordIsNoSessionWhateverTheStoreThinks()
    {
        var bed = new Bed();
        string id = await bed.SignInAsync();
        var old = await bed.Memory.GetAsync(bed.Memory.GetSessionKey(id));
        bed.Store.Substitute = (_, _) => old;
        bed.Clock.Advance(TimeSpan.FromDays(28));

        Assert.Null(await bed.WhoAsync(id));
        Assert.Equal(0, bed.Store.Count("update") + bed.Store.Count("delete"));
    }

    [Theory]
    [InlineData("no key")]
    [InlineData("state")]
    [InlineData("user of an anonymous one")]
    [InlineData("no user")]
    [InlineData("bad user")]
    [InlineData("no lineage")]
    [InlineData("no current")]
    [InlineData("pending without time")]
    [InlineData("previous without time")]
    [InlineData("no limits")]
    [InlineData("no fields")]
    [InlineData("format 0")]
    [Trait("abuse", "H2")]
    public async Task ARecordThatContradictsItselfIsNoticedAndNeverStored(string fault)
    {
        var bed = new Bed();
        var (_, good) = bed.Options.Services.Make(bed.Memory, "alice", SessionFields.Empty);
        SessionRecord Copy(string broken) => new()
        {
            Key = broken == "no key" ? default : good.Key,
            UserId = broken switch { "no user" => null, "bad user" => "a\0b", _ => "alice" },
            State = broken switch { "state" => (SessionState)9, "user of an anonymous one" => SessionState.Anonymous, _ => SessionState.SignedIn },
            LineageHash = broken == "no lineage" ? default : good.LineageHash,
            CurrentHash = broken == "no current" ? default : good.CurrentHash,
            PendingHash = broken == "pending without time" ? good.CurrentHash : null,
            PreviousHash = broken == "previous without time" ? good.CurrentHash : null,
            CreatedAt = good.CreatedAt,
            LastSeenAt = good.LastSeenAt,
            Lifetimes = broken == "no limits" ? null! : good.Lifetimes,
            Fields = broken == "no fields" ? null! : good.Fields,
            Format = broken == "format 0" ? 0 : 1,
        };

        Assert.Null(SessionRecord.Validate(Copy("")));
        Assert.NotNull(SessionRecord.Validate(Copy(fault)));
        await Assert.ThrowsAsync<ArgumentException>("session", () => bed.Memory.CreateAsync(Copy(fault)).AsTask());
        Assert.Equal((0, 0), (await bed.Memory.CountActiveSessionsAsync(), bed.Memory.SizeInBytes));
    }

    [Fact]
    [Trait("abuse", "H5")]
    public async Task ARecordOfANewerFormatIsA503AndNothingIsWritten()
    {
        await using var site = await Site.StartAsync(app =>
        {
            app.MapGet("/me", async (ISession<IGenericStore> session) => (await session.GetAsync())?.UserId ?? "nobody");
            app.MapPost("/login", async (ISession<IGenericStore> session) => await session.SetAsync("alice"));
        });
        using var login = await site.SendAsync("/login", method: HttpMethod.Post);
        site.Store.Reset();

        // What the contract tells a store to do with one.
        site.Store.Before = (verb, _) => verb == "get" ? throw new SessionStoreException("The record has format 2; this version reads 1. Deploy the newer version everywhere.") : default;
        using var me = await site.SendAsync("/me", login.SentId());

        Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, me.StatusCode);
        Assert.Empty(me.SetCookies());
        Assert.Equal(["get"], site.Store.Calls);
    }
}
