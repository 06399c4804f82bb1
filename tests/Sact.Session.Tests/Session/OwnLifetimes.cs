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

        Assert.Equal(s_minute, (await bed.RecordOf(exchange.SentId!))!.Lifetimes.IdleTimeout);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, null)]
    [InlineData(false, true)]
    [InlineData(false, null)]
    public async Task RememberMeDecidesTheCookiesAge(bool option, bool? own)
    {
        var bed = new Bed(options => options.IsPersistent = option);
        var exchange = bed.Request(null);
        await exchange.Session.SetAsync("alice", null, new SessionSignInOptions { IsPersistent = own, AbsoluteTimeout = TimeSpan.FromDays(8) });

        string cookie = exchange.Context.Response.Headers.SetCookie.ToString();
        Assert.Equal(own ?? option, cookie.Contains("max-age=691200", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task RaisingKeepsWhatItIsNotGivenAnew()
    {
        var bed = new Bed();
        var kiosk = bed.Request(null);
        await kiosk.Session.SetAsync("alice", new SessionSignInOptions { IsPersistent = true, IdleTimeout = 10 * s_minute, AbsoluteTimeout = 30 * s_minute });

        var raised = bed.Request(kiosk.SentId);
        Assert.True(await raised.Session.RaiseAsync(2));
        var again = bed.Request(raised.SentId);
        Assert.True(await again.Session.RaiseAsync(3, new SessionSignInOptions { IdleTimeout = 5 * s_minute }));

        var record = (await bed.RecordOf(again.SentId!))!;
        Assert.Equal((5 * s_minute, 30 * s_minute, true), (record.Lifetimes.IdleTimeout, record.Lifetimes.AbsoluteTimeout, record.IsPersistent));
        var shorter = bed.Request(again.SentId);
        Assert.True(await shorter.Session.RaiseAsync(3, new SessionSignInOptions { IsPersistent = false, AbsoluteTimeout = 3 * s_minute }));
        record = (await bed.RecordOf(shorter.SentId!))!;
        Assert.Equal((3 * s_minute, 3 * s_minute, false), (record.Lifetimes.IdleTimeout, record.Lifetimes.AbsoluteTimeout, record.IsPersistent));
    }

    [Fact]
    [Trait("abuse", "G6")]
    public async Task AShorterIdleTimeoutCountsFromTheRaise()
    {
        var bed = new Bed();
        string id = await bed.SeenAsync();

        // Not long enough to be noted as seen.
        bed.Clock.Advance(14 * s_minute);
        var raise = bed.Request(id);
        Assert.True(await raise.Session.RaiseAsync(2, new SessionSignInOptions { IdleTimeout = 5 * s_minute }));

        Assert.Equal("alice", await bed.WhoAsync(raise.SentId));
        bed.Clock.Advance(5 * s_minute);
        Assert.Null(await bed.WhoAsync(raise.SentId));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("abuse", "G5")]
    public async Task RaisingPastTheNewEndRaisesNobody(bool pending)
    {
        var bed = new Bed(options => options.PendingTimeout = TimeSpan.FromHours(2));
        var begin = bed.Request(null);
        await (pending ? begin.Session.SetPendingAsync("alice") : begin.Session.SetAsync("alice"));
        await bed.Request(begin.SentId).Session.GetAnyAsync();
        bed.Clock.Advance(30 * s_minute);

        var late = bed.Request(begin.SentId);
        Assert.False(await late.Session.RaiseAsync(2, new SessionSignInOptions { AbsoluteTimeout = 30 * s_minute, IsPersistent = true }));

        Assert.Null(late.SentId);
        Assert.Equal(pending ? null : "alice", await bed.WhoAsync(begin.SentId));
        Assert.Equal(1, (await bed.RecordOf(begin.SentId!))!.AssuranceLevel);
    }

    [Fact]
    public async Task AreTakenBesideMetadataOfAnyKindAndNeverForMetadata()
    {
        var bed = new Bed();
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
            var exchange = bed.Request(null);
            await signIn(exchange.Session);
            Assert.Equal(s_minute, (await bed.RecordOf(exchange.SentId!))!.Lifetimes.AbsoluteTimeout);
        }

        await Assert.ThrowsAsync<ArgumentException>(async () => await bed.Request(null).Session.SetAsync("alice", (object)kiosk));
        string id = await bed.SeenAsync();
        await Assert.ThrowsAsync<ArgumentException>(async () => await bed.Request(id).Session.UpdateAsync((object)kiosk));
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
