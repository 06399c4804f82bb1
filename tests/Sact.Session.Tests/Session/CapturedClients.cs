using System.Net;

namespace Sact.Session.Tests;

/// <summary>
/// The client of the sign-in and the last seen client. They are stored only if the option is set, and without control characters.
/// </summary>
public sealed class CapturedClients
{
    private static readonly SessionClient s_laptop = new("Laptop/1.0", "192.0.2.1");
    private static readonly SessionClient s_phone = new("Phone/2.0", "2001:db8::7");
    private static readonly SessionClient s_thief = new("Curl/8", "198.51.100.9");

    [Fact]
    public async Task AreNotStoredByDefault()
    {
        var host = new SessionHost();
        var signIn = From(host.Request(), s_laptop);
        await signIn.Session.SetAsync("alice");
        var seen = (await From(host.Request(signIn.SentId), s_phone).Session.GetAsync())!;

        var record = (await host.RecordOf(signIn.SentId!))!;
        Assert.True(record.Presented);
        Assert.Null(record.SignInClient);
        Assert.Null(record.LastSeenClient);
        Assert.Null(seen.SignInClient);
        Assert.Null(seen.LastSeenClient);
    }

    [Fact]
    public async Task AreThoseOfTheSignInAndOfTheLastTouch()
    {
        var host = new SessionHost(options => options.CaptureClient = true);
        var signIn = From(host.Request(), s_laptop);
        await signIn.Session.SetAsync("alice");
        string id = signIn.SentId!;
        Assert.Equal((s_laptop, s_laptop), await StoredAsync(host, id));

        await From(host.Request(id), s_phone).Session.GetAsync();
        Assert.Equal((s_laptop, s_phone), await StoredAsync(host, id));

        // Within the touch interval nothing is written, so the client is not stored either.
        host.Clock.Advance(TimeSpan.FromMinutes(15) - RenewalTimes.Second);
        host.Store.Reset();
        await From(host.Request(id), s_thief).Session.GetAsync();
        Assert.Equal(["get"], host.Store.Calls);
        Assert.Equal((s_laptop, s_phone), await StoredAsync(host, id));

        host.Clock.Advance(RenewalTimes.Second);
        await From(host.Request(id), s_thief).Session.GetAsync();
        Assert.Equal((s_laptop, s_thief), await StoredAsync(host, id));
    }

    [Fact]
    public async Task AreInTheListOfDevices()
    {
        var host = new SessionHost(options => options.CaptureClient = true);
        await From(host.Request(), s_phone).Session.SetAsync("alice");
        var laptop = From(host.Request(), s_laptop);
        await laptop.Session.SetAsync("alice");

        var listed = await From(host.Request(laptop.SentId), s_laptop).Session.GetActiveSessionsAsync();

        Assert.Equal([s_laptop, s_phone], listed.OrderByDescending(device => device.IsCurrent).Select(device => device.LastSeenClient!));
    }

    [Fact]
    public async Task OfAPendingSignInAreKeptWhenItIsRaised()
    {
        var host = new SessionHost(options => options.CaptureClient = true);
        var password = From(host.Request(), s_laptop);
        await password.Session.SetPendingAsync("alice");
        var factor = From(host.Request(password.SentId), s_phone);
        Assert.True(await factor.Session.RaiseAsync(2));

        Assert.Equal((s_laptop, s_phone), await StoredAsync(host, factor.SentId!));
    }

    [Fact]
    public async Task AreNotStoredForAnonymousSessions()
    {
        var host = new SessionHost(options => options.CaptureClient = true);
        var start = From(host.Request(), s_laptop);
        await start.Session.StartAsync();
        await From(host.Request(start.SentId), s_laptop).Session.GetAnyAsync();

        var record = (await host.RecordOf(start.SentId!))!;
        Assert.True(record.Presented);
        Assert.Null(record.SignInClient);
        Assert.Null(record.LastSeenClient);
    }

    [Fact]
    public async Task AreKeptIfARequestSendsNoneOrTheOptionIsOff()
    {
        var host = new SessionHost(options => options.CaptureClient = true);
        var signIn = From(host.Request(), s_laptop);
        await signIn.Session.SetAsync("alice");
        await From(host.Request(signIn.SentId), s_phone).Session.GetAsync();

        host.Clock.Advance(TimeSpan.FromHours(1));
        await host.Request(signIn.SentId).Session.GetAsync();
        Assert.Equal(host.Clock.GetUtcNow(), (await host.RecordOf(signIn.SentId!))!.LastSeenAt);
        Assert.Equal((s_laptop, s_phone), await StoredAsync(host, signIn.SentId!));

        host.Clock.Advance(TimeSpan.FromHours(1));
        var off = host.RequestThrough(new SactSessionOptions { TimeProvider = host.Clock }, signIn.SentId);
        await From(off, s_thief).Session.GetAsync();
        Assert.Equal(host.Clock.GetUtcNow(), (await host.RecordOf(signIn.SentId!))!.LastSeenAt);
        Assert.Equal((s_laptop, s_phone), await StoredAsync(host, signIn.SentId!));
    }

    [Theory]
    [InlineData("Mozilla/5.0 (X11; Linux)", "Mozilla/5.0 (X11; Linux)")]
    [InlineData("  spaced  ", "spaced")]
    [InlineData("a\0b\rc\nd\te\u007ff\u0085g", "abcdefg")]
    [InlineData("moc\u202Egpj.exe\u2066\u200B\u2028\u2029\uFEFF", "mocgpj.exe")]
    [InlineData("whole \ud83d\udc4d one \ufffd", "whole \ud83d\udc4d one \ufffd")]
    [InlineData("\r\n\0", null)]
    [InlineData("", null)]
    public async Task ContainNoControlOrFormatCharacters(string sent, string? kept)
    {
        var host = new SessionHost(options => options.CaptureClient = true);
        var signIn = From(host.Request(), new SessionClient(sent, "192.0.2.1"));
        await signIn.Session.SetAsync("alice");

        Assert.Equal(kept, (await host.RecordOf(signIn.SentId!))!.SignInClient!.UserAgent);
    }

    [Fact]
    public async Task AreTruncatedWithoutSplittingACharacter()
    {
        var host = new SessionHost(options => options.CaptureClient = true);
        string[] sent =
        [
            new('u', 20_000), new string('u', 511) + "\ud83d\udc4d" + new string('v', 9),
            new string('u', 510) + "\ud83d\udc4d" + new string('v', 9), new string('\0', 600) + "w", "lone \ud83d and \udc4d halves \ud83d"
        ];
        string[] kept = [new('u', 512), new('u', 511), new string('u', 510) + "\ud83d\udc4d", "w", "lone  and  halves"];
        for (int i = 0; i < sent.Length; i++)
        {
            var signIn = From(host.Request(), new SessionClient(sent[i], null));
            await signIn.Session.SetAsync("alice");
            Assert.Equal(new SessionClient(kept[i], null), (await host.RecordOf(signIn.SentId!))!.SignInClient);
        }
    }

    [Theory]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    [InlineData("2001:db8::1", "2001:db8::1")]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [Trait("abuse", "B9")]
    public async Task HaveTheAddressOfTheConnectionWhateverAHeaderSays(string peer, string kept)
    {
        var host = new SessionHost(options => options.CaptureClient = true);
        var signIn = From(host.Request(), new SessionClient(null, peer));
        signIn.Context.Request.Headers["X-Forwarded-For"] = "203.0.113.66";
        signIn.Context.Request.Headers["Forwarded"] = "for=203.0.113.66";
        await signIn.Session.SetAsync("alice");

        Assert.Equal(new SessionClient(null, kept), (await host.RecordOf(signIn.SentId!))!.SignInClient);
    }

    private static Exchange From(Exchange exchange, SessionClient client)
    {
        exchange.Context.Request.Headers.UserAgent = client.UserAgent;
        exchange.Context.Connection.RemoteIpAddress = client.RemoteAddress is { } address ? IPAddress.Parse(address) : null;
        return exchange;
    }

    /// <summary>The clients that the user sees for a session, read without a touch.</summary>
    private static async Task<(SessionClient? SignIn, SessionClient? LastSeen)> StoredAsync(SessionHost host, string id)
    {
        var record = (await host.RecordOf(id))!;
        var data = new SessionData(record, host.Options.Services, isCurrent: false);
        return (data.SignInClient, data.LastSeenClient);
    }
}
