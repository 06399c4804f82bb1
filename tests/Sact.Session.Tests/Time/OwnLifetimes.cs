namespace Sact.Session.Tests;

/// <summary>A sign-in with lifetimes of its own: remember me, kiosk; never beyond the application's.</summary>
public sealed class OwnLifetimes
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task KioskEndsEarly()
    {
        var bed = new Bed();
        var exchange = bed.Request(null);
        await exchange.Session.SetAsync("alice", null, new SessionSignInOptions { IdleTimeout = 10 * s_minute, AbsoluteTimeout = 15 * s_minute });
        string id = exchange.SentId!;

        Assert.Equal("alice", await bed.WhoAsync(id));
        bed.Clock.Advance(9 * s_minute);
        Assert.Equal("alice", await bed.WhoAsync(id));
        bed.Clock.Advance(6 * s_minute);
        Assert.Null(await bed.WhoAsync(id));
    }

    [Fact]
    public async Task AShorterAbsoluteTimeoutShortensTheIdleOne()
    {
        var bed = new Bed();
        var exchange = bed.Request(null);
        await exchange.Session.SetAsync("alice", null, new SessionSignInOptions { AbsoluteTimeout = s_minute });

        Assert.Equal(s_minute, (await bed.RecordOf(exchange.SentId!))!.Limits.IdleTimeout);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, null)]
    [InlineData(false, true)]
    [InlineData(false, null)]
    public async Task RememberMeDecidesTheCookiesAge(bool option, bool? own)
    {
        var bed = new Bed(options => options.Persistent = option);
        var exchange = bed.Request(null);
        await exchange.Session.SetAsync("alice", null, new SessionSignInOptions { Persistent = own, AbsoluteTimeout = TimeSpan.FromDays(8) });

        string cookie = exchange.Context.Response.Headers.SetCookie.ToString();
        Assert.Equal(own ?? option, cookie.Contains("max-age=691200", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task NothingGoesBeyondTheOptions()
    {
        var bed = new Bed();
        var tick = TimeSpan.FromTicks(1);
        SessionSignInOptions[] refused =
        [
            new() { IdleTimeout = bed.Options.IdleTimeout + tick },
            new() { AbsoluteTimeout = bed.Options.AbsoluteTimeout + tick },
            new() { IdleTimeout = 2 * s_minute, AbsoluteTimeout = s_minute },
            new() { IdleTimeout = TimeSpan.Zero },
            new() { AbsoluteTimeout = TimeSpan.FromSeconds(1) - tick },
            new() { AssuranceLevel = 256 },
            new() { AssuranceLevel = -1 },
        ];
        foreach (var options in refused)
        {
            var fault = await Assert.ThrowsAsync<ArgumentException>(() => bed.Request(null).Session.SetAsync("alice", null, options).AsTask());
            Assert.Equal("options", fault.ParamName);
        }

        Assert.Equal(0, await bed.Memory.CountActiveSessionsAsync());
    }
}
