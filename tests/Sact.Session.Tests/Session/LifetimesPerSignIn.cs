namespace Sact.Session.Tests;

/// <summary>A sign-in may set other lifetimes, for example for "remember me" or a kiosk, within the limits of the options.</summary>
public sealed class LifetimesPerSignIn
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task AKioskSessionEndsEarly()
    {
        var host = new SessionHost();
        var exchange = host.Request(null);
        await exchange.Session.SetAsync(
            "alice", null, new SessionSignInOptions { IdleTimeout = 10 * s_minute, AbsoluteTimeout = 15 * s_minute });
        string id = exchange.SentId!;

        Assert.Equal("alice", await host.WhoAsync(id));
        host.Clock.Advance(9 * s_minute);
        Assert.Equal("alice", await host.WhoAsync(id));
        host.Clock.Advance(6 * s_minute);
        Assert.Null(await host.WhoAsync(id));
    }

    [Fact]
    public async Task AShorterAbsoluteTimeoutShortensTheIdleTimeout()
    {
        var host = new SessionHost();
        var exchange = host.Request(null);
        await exchange.Session.SetAsync("alice", null, new SessionSignInOptions { AbsoluteTimeout = s_minute });

        Assert.Equal(s_minute, (await host.RecordOf(exchange.SentId!))!.Lifetimes.IdleTimeout);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, null)]
    [InlineData(false, true)]
    [InlineData(false, null)]
    public async Task RememberMeDecidesTheAgeOfTheCookie(bool option, bool? remember)
    {
        var host = new SessionHost(options => options.IsPersistent = option);
        var exchange = host.Request(null);
        await exchange.Session.SetAsync(
            "alice", null, new SessionSignInOptions { IsPersistent = remember, AbsoluteTimeout = TimeSpan.FromDays(8) });

        string cookie = exchange.Context.Response.Headers.SetCookie.ToString();
        Assert.Equal(remember ?? option, cookie.Contains("max-age=691200", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task RaisingKeepsWhatItDoesNotSet()
    {
        var host = new SessionHost();
        var kiosk = host.Request(null);
        await kiosk.Session.SetAsync(
            "alice", new SessionSignInOptions { IsPersistent = true, IdleTimeout = 10 * s_minute, AbsoluteTimeout = 30 * s_minute });

        var raised = host.Request(kiosk.SentId);
        Assert.True(await raised.Session.RaiseAsync(2));
        var again = host.Request(raised.SentId);
        Assert.True(await again.Session.RaiseAsync(3, new SessionSignInOptions { IdleTimeout = 5 * s_minute }));

        var record = (await host.RecordOf(again.SentId!))!;
        Assert.Equal(
            (5 * s_minute, 30 * s_minute, true),
            (record.Lifetimes.IdleTimeout, record.Lifetimes.AbsoluteTimeout, record.IsPersistent));
        var shorter = host.Request(again.SentId);
        Assert.True(await shorter.Session.RaiseAsync(3, new SessionSignInOptions { IsPersistent = false, AbsoluteTimeout = 3 * s_minute }));
        record = (await host.RecordOf(shorter.SentId!))!;
        Assert.Equal(
            (3 * s_minute, 3 * s_minute, false),
            (record.Lifetimes.IdleTimeout, record.Lifetimes.AbsoluteTimeout, record.IsPersistent));
    }

    [Fact]
    [Trait("abuse", "G6")]
    public async Task AShorterIdleTimeoutCountsFromTheRaise()
    {
        var host = new SessionHost();
        string id = await host.SeenAsync();

        // Too early for a touch.
        host.Clock.Advance(14 * s_minute);
        var raise = host.Request(id);
        Assert.True(await raise.Session.RaiseAsync(2, new SessionSignInOptions { IdleTimeout = 5 * s_minute }));

        Assert.Equal("alice", await host.WhoAsync(raise.SentId));
        host.Clock.Advance(5 * s_minute);
        Assert.Null(await host.WhoAsync(raise.SentId));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("abuse", "G5")]
    public async Task RaisingAfterTheNewDeadlineFails(bool pending)
    {
        var host = new SessionHost(options => options.PendingTimeout = TimeSpan.FromHours(2));
        var begin = host.Request(null);
        await (pending ? begin.Session.SetPendingAsync("alice") : begin.Session.SetAsync("alice"));
        await host.Request(begin.SentId).Session.GetAnyAsync();
        host.Clock.Advance(30 * s_minute);

        var late = host.Request(begin.SentId);
        Assert.False(await late.Session.RaiseAsync(2, new SessionSignInOptions { AbsoluteTimeout = 30 * s_minute, IsPersistent = true }));

        Assert.Null(late.SentId);
        Assert.Equal(pending ? null : "alice", await host.WhoAsync(begin.SentId));
        Assert.Equal(1, (await host.RecordOf(begin.SentId!))!.AssuranceLevel);
    }

    [Fact]
    public async Task AreAcceptedWithAnyMetadataAndNeverAsMetadata()
    {
        var host = new SessionHost();
        var kiosk = new SessionSignInOptions { AbsoluteTimeout = s_minute };
        Func<Session<ProbeStore>, ValueTask>[] signIns =
        [
            session => session.SetAsync("alice", kiosk),
            session => session.SetAsync("alice", new { role = "admin" }, kiosk),
            session => session.SetAsync("alice", new() { ["role"] = "admin" }, kiosk),
            session => session.SetAsync("alice", System.Text.Json.JsonElement.Parse("""{"role":"admin"}"""), kiosk),
        ];
        foreach (var signIn in signIns)
        {
            var exchange = host.Request(null);
            await signIn(exchange.Session);
            Assert.Equal(s_minute, (await host.RecordOf(exchange.SentId!))!.Lifetimes.AbsoluteTimeout);
        }

        await Assert.ThrowsAsync<ArgumentException>(async () => await host.Request(null).Session.SetAsync("alice", (object)kiosk));
        string id = await host.SeenAsync();
        await Assert.ThrowsAsync<ArgumentException>(async () => await host.Request(id).Session.UpdateAsync((object)kiosk));
    }

    [Fact]
    public async Task NeverExceedTheOptions()
    {
        var host = new SessionHost();
        var tick = TimeSpan.FromTicks(1);
        SessionSignInOptions[] refused =
        [
            new() { IdleTimeout = host.Options.IdleTimeout + tick },
            new() { AbsoluteTimeout = host.Options.AbsoluteTimeout + tick },
            new() { IdleTimeout = 2 * s_minute, AbsoluteTimeout = s_minute },
            new() { IdleTimeout = TimeSpan.Zero },
            new() { AbsoluteTimeout = TimeSpan.FromSeconds(1) - tick },
            new() { AssuranceLevel = 256 },
            new() { AssuranceLevel = -1 },
        ];
        foreach (var options in refused)
        {
            var fault = await Assert.ThrowsAsync<ArgumentException>(() =>
                host.Request(null).Session.SetAsync("alice", null, options).AsTask());
            Assert.Equal("options", fault.ParamName);
        }

        Assert.Equal(0, await host.Memory.CountActiveSessionsAsync());
    }
}
