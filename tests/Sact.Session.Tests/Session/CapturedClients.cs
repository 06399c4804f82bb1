using System.Net;

namespace Sact.Session.Tests;

/// <summary>The device at sign-in and the one last seen: kept only if the application asks, and only what may stand in a line of text.</summary>
public sealed class CapturedClients
{
    private static readonly SessionClient s_laptop = new("Laptop/1.0", "192.0.2.1");
    private static readonly SessionClient s_phone = new("Phone/2.0", "2001:db8::7");
    private static readonly SessionClient s_thief = new("Curl/8", "198.51.100.9");

    [Fact]
    public async Task AreNotKeptByDefault()
    {
        var bed = new Bed();
        var signIn = From(bed.Request(), s_laptop);
        await signIn.Session.SetAsync("alice");
        var seen = (await From(bed.Request(signIn.SentId), s_phone).Session.GetAsync())!;

        var record = (await bed.RecordOf(signIn.SentId!))!;
        Assert.True(record.Presented);
        Assert.Null(record.SignInClient);
        Assert.Null(record.LastSeenClient);
        Assert.Null(seen.SignInClient);
        Assert.Null(seen.LastSeenClient);
    }

    [Fact]
    public async Task AreThatOfTheSignInAndThatOfTheLastTouch()
    {
        var bed = new Bed(options => options.CaptureClient = true);
        var signIn = From(bed.Request(), s_laptop);
        await signIn.Session.SetAsync("alice");
        string id = signIn.SentId!;
        Assert.Equal((s_laptop, s_laptop), await KeptAsync(bed, id));

        await From(bed.Request(id), s_phone).Session.GetAsync();
        Assert.Equal((s_laptop, s_phone), await KeptAsync(bed, id));

        // Within the interval nothing is written, so nothing is known of it either.
        bed.Clock.Advance(TimeSpan.FromMinutes(15) - SecretsBed.Second);
        bed.Store.Reset();
        await From(bed.Request(id), s_thief).Session.GetAsync();
        Assert.Equal(["get"], bed.Store.Calls);
        Assert.Equal((s_laptop, s_phone), await KeptAsync(bed, id));

        bed.Clock.Advance(SecretsBed.Second);
        await From(bed.Request(id), s_thief).Session.GetAsync();
        Assert.Equal((s_laptop, s_thief), await KeptAsync(bed, id));
    }

    [Fact]
    public async Task AreInTheListOfDevices()
    {
        var bed = new Bed(options => options.CaptureClient = true);
        await From(bed.Request(), s_phone).Session.SetAsync("alice");
        var laptop = From(bed.Request(), s_laptop);
        await laptop.Session.SetAsync("alice");

        var listed = await From(bed.Request(laptop.SentId), s_laptop).Session.GetActiveSessionsAsync();

        Assert.Equal([s_laptop, s_phone], listed.OrderByDescending(device => device.IsCurrent).Select(device => device.LastSeenClient!));
    }

    [Fact]
    public async Task OfAPendingSignInStayWhenItIsRaised()
    {
        var bed = new Bed(options => options.CaptureClient = true);
        var password = From(bed.Request(), s_laptop);
        await password.Session.SetPendingAsync("alice");
        var factor = From(bed.Request(password.SentId), s_phone);
        Assert.True(await factor.Session.RaiseAsync(2));

        Assert.Equal((s_laptop, s_phone), await KeptAsync(bed, factor.SentId!));
    }

    [Fact]
    public async Task AreNotKeptOfVisitors()
    {
        var bed = new Bed(options => options.CaptureClient = true);
        var start = From(bed.Request(), s_laptop);
        await start.Session.StartAsync();
        await From(bed.Request(start.SentId), s_laptop).Session.GetAnyAsync();

        var record = (await bed.RecordOf(start.SentId!))!;
        Assert.True(record.Presented);
        Assert.Null(record.SignInClient);
        Assert.Null(record.LastSeenClient);
    }

    [Fact]
    public async Task StayWhenARequestTellsNothingOrTheOptionIsOff()
    {
        var bed = new Bed(options => options.CaptureClient = true);
        var signIn = From(bed.Request(), s_laptop);
        await signIn.Session.SetAsync("alice");
        await From(bed.Request(signIn.SentId), s_phone).Session.GetAsync();

        bed.Clock.Advance(TimeSpan.FromHours(1));
        await bed.Request(signIn.SentId).Session.GetAsync();
        Assert.Equal(bed.Clock.GetUtcNow(), (await bed.RecordOf(signIn.SentId!))!.LastSeenAt);
        Assert.Equal((s_laptop, s_phone), await KeptAsync(bed, signIn.SentId!));

        bed.Clock.Advance(TimeSpan.FromHours(1));
        var off = bed.RequestThrough(new SactSessionOptions { TimeProvider = bed.Clock }, signIn.SentId);
        await From(off, s_thief).Session.GetAsync();
        Assert.Equal(bed.Clock.GetUtcNow(), (await bed.RecordOf(signIn.SentId!))!.LastSeenAt);
        Assert.Equal((s_laptop, s_phone), await KeptAsync(bed, signIn.SentId!));
    }

    [Theory]
    [InlineData("Mozilla/5.0 (X11; Linux)", "Mozilla/5.0 (X11; Linux)")]
    [InlineData("  spaced  ", "spaced")]
    [InlineData("a\0b\rc\nd\te\u007ff\u0085g", "abcdefg")]
    [InlineData("moc\u202Egpj.exe\u2066\u200B\u2028\u2029\uFEFF", "mocgpj.exe")]
    [InlineData("whole \ud83d\udc4d one \ufffd", "whole \ud83d\udc4d one \ufffd")]
    [InlineData("\r\n\0", null)]
    [InlineData("", null)]
    public async Task HaveOnlyWhatMayStandInALineOfText(string sent, string? kept)
    {
        var bed = new Bed(options => options.CaptureClient = true);
        var signIn = From(bed.Request(), new SessionClient(sent, "192.0.2.1"));
        await signIn.Session.SetAsync("alice");

        Assert.Equal(kept, (await bed.RecordOf(signIn.SentId!))!.SignInClient!.UserAgent);
    }

    [Fact]
    public async Task AreCutBetweenTwoCharactersAndHaveNoHalves()
    {
        var bed = new Bed(options => options.CaptureClient = true);
        string[] sent = [new('u', 20_000), new string('u', 511) + "\ud83d\udc4d" + new string('v', 9), new string('u', 510) + "\ud83d\udc4d" + new string('v', 9), new string('\0', 600) + "w", "lone \ud83d and \udc4d halves \ud83d"];
        string[] kept = [new('u', 512), new('u', 511), new string('u', 510) + "\ud83d\udc4d", "w", "lone  and  halves"];
        for (int i = 0; i < sent.Length; i++)
        {
            var signIn = From(bed.Request(), new SessionClient(sent[i], null));
            await signIn.Session.SetAsync("alice");
            Assert.Equal(new SessionClient(kept[i], null), (await bed.RecordOf(signIn.SentId!))!.SignInClient);
        }
    }

    [Theory]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    [InlineData("2001:db8::1", "2001:db8::1")]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [Trait("abuse", "B9")]
    public async Task HaveTheAddressOfThePeerWhateverAHeaderSays(string peer, string kept)
    {
        var bed = new Bed(options => options.CaptureClient = true);
        var signIn = From(bed.Request(), new SessionClient(null, peer));
        signIn.Context.Request.Headers["X-Forwarded-For"] = "203.0.113.66";
        signIn.Context.Request.Headers["Forwarded"] = "for=203.0.113.66";
        await signIn.Session.SetAsync("alice");

        Assert.Equal(new SessionClient(null, kept), (await bed.RecordOf(signIn.SentId!))!.SignInClient);
    }

    private static Exchange From(Exchange exchange, SessionClient client)
    {
        exchange.Context.Request.Headers.UserAgent = client.UserAgent;
        exchange.Context.Connection.RemoteIpAddress = client.RemoteAddress is { } address ? IPAddress.Parse(address) : null;
        return exchange;
    }

    /// <summary>What the user is shown of a session, without its being seen.</summary>
    private static async Task<(SessionClient? SignIn, SessionClient? LastSeen)> KeptAsync(Bed bed, string id)
    {
        var record = (await bed.RecordOf(id))!;
        var data = new SessionData(record, bed.Options.Services, isCurrent: false);
        return (data.SignInClient, data.LastSeenClient);
    }
}
