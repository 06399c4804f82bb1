using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests.Cookies;

/// <summary>What a client may send as its session cookie, and what comes of it.</summary>
public sealed class IncomingCookies
{
    [Fact]
    [Trait("abuse", "A1")]
    public async Task AnIdNobodyIssuedCostsOneReadAndLeavesNothing()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        var bed = new Bed(options => options.MeterFactory = meters);
        using var refusals = new Refusals(meters);
        var exchange = bed.Request(bed.Memory.CreateSessionId("alice"));

        Assert.Null(await exchange.Session.GetAsync());
        Assert.False(await exchange.Session.UpdateAsync(new() { ["role"] = "admin" }));

        Assert.Equal(["get"], bed.Store.Calls);
        Assert.Equal(0, await bed.Memory.CountActiveSessionsAsync(TestContext.Current.CancellationToken));
        Assert.Empty(exchange.SetCookies);
        Assert.Single(bed.Events, entry => entry is { Level: Microsoft.Extensions.Logging.LogLevel.Debug, Id.Name: "NotFound" });
        Assert.Equal(["unknown"], refusals.Reasons);
    }

    [Fact]
    [Trait("abuse", "A1")]
    public async Task AnIdNobodyIssuedIsNeverAdoptedAtSignIn()
    {
        var bed = new Bed();
        string invented = bed.Memory.CreateSessionId("alice");
        var exchange = bed.Request(invented);

        await exchange.Session.SetAsync("alice");

        Assert.NotEqual(invented, exchange.SentId);
        Assert.NotEqual(invented[..24], exchange.SentId![..24]);
        Assert.Null(await bed.WhoAsync(invented));
    }

    public static TheoryData<string> Misshapen()
    {
        string id = new MemoryStore().CreateSessionId("alice");
        return
        [
            "",
            id[..^1],
            id + "A",
            id + "=",
            id[..^1] + "=",
            id[..^2] + "==",
            id[..^1] + "+",
            id[..^1] + "/",
            id[..^1] + " ",
            " " + id[1..],
            id[..^1] + "\u0000",
            id[..^1] + "\u00e9",
            // Arabic and full-width digits are digits to char.IsDigit, and no base64url.
            id[..^1] + "\u0663",
            id[..^1] + "\uff11",
            new string('\u0661', 56),
            id + id,
        ];
    }

    [Theory]
    [MemberData(nameof(Misshapen))]
    [Trait("abuse", "A2")]
    public async Task AMisshapenIdCostsNoStoreCall(string value)
    {
        var bed = new Bed();
        var exchange = bed.Request(value);

        Assert.Null(await exchange.Session.GetAsync());
        Assert.False(await exchange.Session.UpdateAsync(new() { ["a"] = 1 }));
        Assert.False(await exchange.Session.RenewAsync());
        await exchange.Session.DeleteAsync();

        Assert.Empty(bed.Store.Calls);
        Assert.Single(bed.Events, entry => entry.Id.Name == "CookieMalformed");
    }

    [Fact]
    [Trait("abuse", "A3")]
    public async Task AHugeValueIsNotCopied()
    {
        var bed = new Bed();
        string small = new('A', 55);
        string huge = new('A', 16 * 1024);
        await ReadAsync(bed, small);

        long forSmall = await ReadAsync(bed, small);
        long forHuge = await ReadAsync(bed, huge);

        // The header itself is there already; what is measured is only what looking at it takes.
        Assert.InRange(forHuge, 0, forSmall + 512);
        Assert.Empty(bed.Store.Calls);

        static async Task<long> ReadAsync(Bed bed, string value)
        {
            var exchange = bed.Request(value);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Null(await exchange.Session.GetAsync());
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Fact]
    [Trait("abuse", "A4")]
    public async Task TwoDifferentValuesSignNobodyIn()
    {
        var bed = new Bed();
        string mine = await bed.SignInAsync("alice");
        string planted = await bed.SignInAsync("mallory");
        bed.Store.Reset();

        foreach (string header in new[] { Pair(mine) + "; " + Pair(planted), Pair(planted) + "; " + Pair(mine), Pair("x") + "; " + Pair(mine), Pair(mine) + "; " + Pair("") })
        {
            Assert.Null(await bed.RequestWithHeader(header).Session.GetAsync());
        }

        Assert.Empty(bed.Store.Calls);
        Assert.Equal(4, bed.Events.Count(entry => entry.Id.Name == "CookieConflict"));
    }

    [Fact]
    [Trait("abuse", "A4")]
    public async Task TwoDifferentValuesInTwoHeadersSignNobodyIn()
    {
        var bed = new Bed();
        var exchange = bed.Request();
        exchange.Context.Request.Headers.Cookie = new([Pair(await bed.SignInAsync("alice")), Pair(await bed.SignInAsync("mallory"))]);

        Assert.Null(await exchange.Session.GetAsync());
    }

    [Fact]
    public async Task TheSameValueTwiceIsOneSession()
    {
        // Browsers do so where one cookie stands under two paths; refusing it would sign honest users out.
        var bed = new Bed();
        string id = await bed.SignInAsync("alice");

        Assert.Equal("alice", (await bed.RequestWithHeader(Pair(id) + "; a=b; " + Pair(id)).Session.GetAsync())?.UserId);
    }

    [Theory]
    [InlineData("__host-sid")]
    [InlineData("__HOST-SID")]
    [InlineData("__Host-Sid")]
    [InlineData("%5F%5FHost-sid")]
    [InlineData("__Host%2Dsid")]
    [InlineData("\"__Host-sid\"")]
    [InlineData(" __Host-sid\t")]
    [InlineData("x__Host-sid")]
    [InlineData("__Host-sid2")]
    [InlineData("__Host-si")]
    [Trait("abuse", "A5")]
    public async Task AnotherSpellingOfTheNameIsAnotherCookie(string name)
    {
        var bed = new Bed();
        string id = await bed.SignInAsync("alice");
        string planted = await bed.SignInAsync("mallory");

        Assert.Null(await bed.RequestWithHeader($"{name}={planted}").Session.GetAsync());
        Assert.Equal("alice", (await bed.RequestWithHeader($"{name}={planted}; {Pair(id)}").Session.GetAsync())?.UserId);
        Assert.Equal("alice", (await bed.RequestWithHeader($"{Pair(id)}; {name}={planted}").Session.GetAsync())?.UserId);
    }

    [Fact]
    [Trait("abuse", "A6")]
    public async Task EncodedAndQuotedSpellingsOfAnIdAreRefused()
    {
        var bed = new Bed();
        string id = await bed.SignInAsync("alice");
        bed.Store.Reset();

        foreach (string spelling in new[] { $"\"{id}\"", $"'{id}'", $"%{(int)id[0]:X2}{id[1..]}", Uri.EscapeDataString(id + "="), $"{id}%20", $"%20{id}", $"{id}%00" })
        {
            Assert.Null(await bed.Request(spelling).Session.GetAsync());
        }

        Assert.Empty(bed.Store.Calls);
    }

    [Theory]
    [InlineData("a=b,__Host-sid={0}")]
    [InlineData("a=b, __Host-sid={0}")]
    [InlineData("a=\"b; c\",__Host-sid={0}")]
    [InlineData("a=\"__Host-sid={0}\"")]
    [InlineData("a=__Host-sid={0}")]
    [InlineData("a __Host-sid={0}")]
    [InlineData("__Host-sid ={0}")]
    [InlineData("__Host-sid= {0}")]
    [InlineData("__Host-sid=\t{0}")]
    [InlineData("__Host-sid=={0}")]
    [InlineData("__Host-sid={0},a=b")]
    [InlineData("__Host-sid={0} a=b")]
    [InlineData("\u00a0__Host-sid={0}")]
    [InlineData("a=b\u037e __Host-sid={0}")]
    [Trait("abuse", "A7")]
    public async Task NoSessionIsSmuggledIntoAnotherPair(string header)
    {
        var bed = new Bed();
        string id = await bed.SignInAsync("alice");
        bed.Store.Reset();

        Assert.Null(await bed.RequestWithHeader(string.Format(System.Globalization.CultureInfo.InvariantCulture, header, id)).Session.GetAsync());
        Assert.Empty(bed.Store.Calls);
    }

    [Theory]
    [InlineData("=mallory; __Host-sid={0}")]
    [InlineData("=__Host-sid=mallory; __Host-sid={0}")]
    [InlineData("__Host-sid; __Host-sid={0}")]
    [InlineData("__Host-sid={0}; __Host-sid")]
    [InlineData(";;; __Host-sid={0};;")]
    [InlineData("; =; ==;__Host-sid={0}; ")]
    [InlineData("\t __Host-sid={0}")]
    [Trait("abuse", "A8")]
    public async Task PairsWithoutNameOrSignAreIgnored(string header)
    {
        var bed = new Bed();
        string id = await bed.SignInAsync("alice");

        Assert.Equal("alice", (await bed.RequestWithHeader(string.Format(System.Globalization.CultureInfo.InvariantCulture, header, id)).Session.GetAsync())?.UserId);
    }

    [Fact]
    [Trait("abuse", "A8")]
    public async Task ANamelessPairIsNoSession()
    {
        // Old browsers serialise a nameless cookie whose value is "__Host-sid=…" as a pair of that name; ones of today prefix it by "=".
        var bed = new Bed();
        string id = await bed.SignInAsync("alice");

        Assert.Null(await bed.RequestWithHeader("=" + Pair(id)).Session.GetAsync());
    }

    [Fact]
    [Trait("abuse", "A9")]
    public async Task AnIdAnywhereButInTheCookieIsNeverAccepted()
    {
        var bed = new Bed();
        string id = await bed.SignInAsync("alice");
        bed.Store.Reset();
        var exchange = bed.Request();
        var request = exchange.Context.Request;
        request.QueryString = new($"?__Host-sid={id}&sid={id}&session={id}");
        request.Path = $"/;jsessionid={id}";
        request.Method = "POST";
        request.ContentType = "application/x-www-form-urlencoded";
        request.Body = new MemoryStream(System.Text.Encoding.ASCII.GetBytes($"__Host-sid={id}&sid={id}"));
        foreach (string name in new[] { "__Host-sid", "sid", "X-Session-Id", "Cookie2", "Set-Cookie", "Authorization", "X-Cookie" })
        {
            request.Headers[name] = name == "Authorization" ? "Bearer " + id : Pair(id);
        }

        Assert.Null(await exchange.Session.GetAsync());
        Assert.NotEqual(id, exchange.Session.GetSessionId());
        Assert.Empty(bed.Store.Calls);
    }

    private static string Pair(string id) => "__Host-sid=" + id;

    /// <summary>The reasons counted by the instrument of refused cookies, of one meter factory only: other tests run beside this one.</summary>
    private sealed class Refusals : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly List<string?> _reasons = [];

        public Refusals(IMeterFactory meters)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, meters) && instrument.Name == "sact.session.refused")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((_, _, tags, _) => _reasons.Add(tags[0].Value as string));
            _listener.Start();
        }

        public IReadOnlyList<string?> Reasons => _reasons;

        public void Dispose() => _listener.Dispose();
    }
}
