using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>What a client may send as its session cookie, and how the library answers.</summary>
public sealed class IncomingCookies
{
    [Fact]
    [Trait("abuse", "A1")]
    public async Task AnInventedIdCostsOneReadAndLeavesNothing()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        var host = new SessionHost(options => options.MeterFactory = meters);
        using var refusals = new Refusals(meters);
        var exchange = host.Request(host.Memory.CreateSessionId("alice"));

        Assert.Null(await exchange.Session.GetAsync());
        Assert.False(await exchange.Session.UpdateAsync(new() { ["role"] = "admin" }));

        Assert.Equal(["get"], host.Store.Calls);
        Assert.Equal(0, await host.Memory.CountActiveSessionsAsync(TestContext.Current.CancellationToken));
        Assert.Empty(exchange.SetCookies);
        Assert.Single(host.Events, entry => entry is { Level: Microsoft.Extensions.Logging.LogLevel.Debug, Id.Name: "NotFound" });
        Assert.Equal(["unknown"], refusals.Reasons);
    }

    [Fact]
    [Trait("abuse", "A1")]
    public async Task AnInventedIdIsNeverAdoptedAtSignIn()
    {
        var host = new SessionHost();
        string invented = host.Memory.CreateSessionId("alice");
        var exchange = host.Request(invented);

        await exchange.Session.SetAsync("alice");

        Assert.NotEqual(invented, exchange.SentId);
        Assert.NotEqual(invented[..24], exchange.SentId![..24]);
        Assert.Null(await host.WhoAsync(invented));
    }

    public static TheoryData<string> Malformed()
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
            // Arabic and full-width digits are digits for char.IsDigit, but not base64url.
            id[..^1] + "\u0663",
            id[..^1] + "\uff11",
            new string('\u0661', 56),
            id + id,
        ];
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    [Trait("abuse", "A2")]
    public async Task AMalformedIdCostsNoStoreCall(string value)
    {
        var host = new SessionHost();
        var exchange = host.Request(value);

        Assert.Null(await exchange.Session.GetAsync());
        Assert.False(await exchange.Session.UpdateAsync(new() { ["a"] = 1 }));
        Assert.False(await exchange.Session.RenewAsync());
        await exchange.Session.DeleteAsync();

        Assert.Empty(host.Store.Calls);
        Assert.Single(host.Events, entry => entry.Id.Name == "CookieMalformed");
    }

    [Fact]
    [Trait("abuse", "A3")]
    public async Task AHugeValueIsNotCopied()
    {
        var host = new SessionHost();
        string small = new('A', 55);
        string huge = new('A', 16 * 1024);
        await ReadAsync(host, small);

        long forSmall = await ReadAsync(host, small);
        long forHuge = await ReadAsync(host, huge);

        // The header already exists. The test measures only what reading it allocates.
        Assert.InRange(forHuge, 0, forSmall + 512);
        Assert.Empty(host.Store.Calls);

        static async Task<long> ReadAsync(SessionHost host, string value)
        {
            var exchange = host.Request(value);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Null(await exchange.Session.GetAsync());
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Fact]
    [Trait("abuse", "A4")]
    public async Task TwoDifferentValuesSignNobodyIn()
    {
        var host = new SessionHost();
        string mine = await host.SignInAsync("alice");
        string planted = await host.SignInAsync("mallory");
        host.Store.Reset();

        foreach (string header in new[]
        {
            Pair(mine) + "; " + Pair(planted), Pair(planted) + "; " + Pair(mine), Pair("x") + "; " + Pair(mine),
            Pair(mine) + "; " + Pair("")
        })
        {
            Assert.Null(await host.RequestWithHeader(header).Session.GetAsync());
        }

        Assert.Empty(host.Store.Calls);
        Assert.Equal(4, host.Events.Count(entry => entry.Id.Name == "CookieConflict"));
    }

    [Fact]
    [Trait("abuse", "A4")]
    public async Task TwoDifferentValuesInTwoHeadersSignNobodyIn()
    {
        var host = new SessionHost();
        var exchange = host.Request();
        exchange.Context.Request.Headers.Cookie = new([Pair(await host.SignInAsync("alice")), Pair(await host.SignInAsync("mallory"))]);

        Assert.Null(await exchange.Session.GetAsync());
    }

    [Fact]
    public async Task TheSameValueTwiceIsOneSession()
    {
        // Browsers do this if one cookie exists under two paths. Refusing it would sign honest users out.
        var host = new SessionHost();
        string id = await host.SignInAsync("alice");

        Assert.Equal("alice", (await host.RequestWithHeader(Pair(id) + "; a=b; " + Pair(id)).Session.GetAsync())?.UserId);
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
        var host = new SessionHost();
        string id = await host.SignInAsync("alice");
        string planted = await host.SignInAsync("mallory");

        Assert.Null(await host.RequestWithHeader($"{name}={planted}").Session.GetAsync());
        Assert.Equal("alice", (await host.RequestWithHeader($"{name}={planted}; {Pair(id)}").Session.GetAsync())?.UserId);
        Assert.Equal("alice", (await host.RequestWithHeader($"{Pair(id)}; {name}={planted}").Session.GetAsync())?.UserId);
    }

    [Fact]
    [Trait("abuse", "A6")]
    public async Task EncodedAndQuotedSpellingsOfAnIdAreRefused()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync("alice");
        host.Store.Reset();

        foreach (string spelling in new[]
        {
            $"\"{id}\"", $"'{id}'", $"%{(int)id[0]:X2}{id[1..]}", Uri.EscapeDataString(id + "="), $"{id}%20", $"%20{id}", $"{id}%00"
        })
        {
            Assert.Null(await host.Request(spelling).Session.GetAsync());
        }

        Assert.Empty(host.Store.Calls);
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
    public async Task NoSessionIsReadFromInsideAnotherPair(string header)
    {
        var host = new SessionHost();
        string id = await host.SignInAsync("alice");
        host.Store.Reset();
        string sent = string.Format(System.Globalization.CultureInfo.InvariantCulture, header, id);

        Assert.Null(await host.RequestWithHeader(sent).Session.GetAsync());
        Assert.Empty(host.Store.Calls);
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
    public async Task PairsWithoutANameOrAnEqualsSignAreIgnored(string header)
    {
        var host = new SessionHost();
        string id = await host.SignInAsync("alice");
        string sent = string.Format(System.Globalization.CultureInfo.InvariantCulture, header, id);

        Assert.Equal("alice", (await host.RequestWithHeader(sent).Session.GetAsync())?.UserId);
    }

    [Fact]
    [Trait("abuse", "A8")]
    public async Task ANamelessPairIsNotASession()
    {
        // Old browsers serialise a nameless cookie with the value "__Host-sid=…" as a pair of that name. Current browsers prefix it with
        // "=".
        var host = new SessionHost();
        string id = await host.SignInAsync("alice");

        Assert.Null(await host.RequestWithHeader("=" + Pair(id)).Session.GetAsync());
    }

    [Fact]
    [Trait("abuse", "A9")]
    public async Task AnIdOutsideTheCookieIsNeverAccepted()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync("alice");
        host.Store.Reset();
        var exchange = host.Request();
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
        Assert.Empty(host.Store.Calls);
    }

    private static string Pair(string id) => "__Host-sid=" + id;

    /// <summary>
    /// The reasons that the counter of refused cookies reports, for one meter factory only, because other tests run in parallel.
    /// </summary>
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
