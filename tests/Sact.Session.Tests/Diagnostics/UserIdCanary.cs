using Microsoft.AspNetCore.Http;

namespace Sact.Session.Tests;

/// <summary>A user id is personal data. The tests search for it in every fault, log event and metric over the memory store.</summary>
[Trait("abuse", "K19")]
public sealed class UserIdCanary : IDisposable
{
    private const string Canary = "canary-7f3a9c";

    private readonly LabelRecordingMeterFactory _meters = new();
    private readonly List<Exception> _faults = [];
    private readonly SessionHost _host;

    public UserIdCanary() => _host = new SessionHost(
        options => (options.MeterFactory, options.MaxSessionsPerUser) = (_meters, 3), store => store.MaxBytes = 64 * 1024);

    /// <summary>What a session calls, which has a time-out.</summary>
    public static TheoryData<string> CallsOfASession => ["get", "create", "update", "delete", "list", "delete_user"];

    public static TheoryData<string> Calls => ["get", "create", "update", "delete", "list", "delete_user", "count", "delete_all"];

    public void Dispose()
    {
        _meters.Dispose();
        ((IDisposable)_host).Dispose();
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task IsInNoFaultOfAStoreThatFails(string down)
    {
        await EveryCallAsync((verb, _) => verb == down ? throw new InvalidOperationException("down") : default);

        AssertSilent();
    }

    [Theory]
    [MemberData(nameof(CallsOfASession))]
    public async Task IsInNoTimeOut(string down)
    {
        var hung = new TaskCompletionSource();

        await EveryCallAsync((verb, _) => verb == down ? new(hung.Task) : default);

        AssertSilent();
        hung.SetResult();
    }

    [Fact]
    public async Task IsInNoRefusal()
    {
        string id = await _host.SignInAsync(Canary);
        var record = (await _host.RecordOf(id))!;
        string[] bad = [Canary + "\0", Canary + "\ud800", Canary + new string('x', 300)];
        foreach (string user in bad)
        {
            await RunAsync(() => _host.Request().Session.SetAsync(user).AsTask());
            await RunAsync(() => _host.Request().Session.SetPendingAsync(user).AsTask());
            await RunAsync(() => Task.FromResult(_host.Memory.GetReferenceKey(user)));
            await RunAsync(() => Task.FromResult(_host.Memory.CreateSessionId(user)));
            await RunAsync(() => _host.Memory.DeleteActiveSessionsAsync(user).AsTask());
            await RunAsync(() => _host.Memory.CreateAsync(record with { UserId = user }).AsTask());
            await RunAsync(async () => await _host.Memory.GetActiveSessionsAsync(user).ToListAsync());
        }

        foreach (var broken in new[]
        {
            record with { State = SessionState.Anonymous }, record with { AuthenticatedAt = null },
            record with { Key = SessionKey.Parse("other:" + record.Key.KeyPart) }, record with { Format = 99 },
            record with { LastSeenAt = record.CreatedAt.AddDays(-1) },
        })
        {
            await RunAsync(() => _host.Memory.CreateAsync(broken).AsTask());
        }

        var pending = _host.Request();
        await pending.Session.SetPendingAsync(Canary);
        var data = (await pending.Session.GetAnyAsync())!;
        await RunAsync(() => Task.FromResult(data.UserId));
        await RunAsync(() => pending.Session.SetAsync(Canary, new() { ["a"] = new string('x', 70_000) }).AsTask());

        Assert.True(_faults.Count > 20, $"{_faults.Count}");
        AssertSilent();
    }

    [Fact]
    public async Task IsInNoEventOfAFullStore()
    {
        for (int i = 0; i < 300; i++)
        {
            int number = i;
            await RunAsync(() => _host.Request().Session.SetAsync(Canary + number, new() { ["a"] = new string('x', 500) }).AsTask());
        }

        Assert.NotEmpty(_faults);
        AssertSilent();
    }

    private async Task EveryCallAsync(Func<string, CancellationToken, ValueTask> before)
    {
        foreach (var call in new Func<Session<ProbeStore>, Task>[]
        {
            session => session.SetAsync(Canary).AsTask(),
            session => session.SetPendingAsync(Canary).AsTask(),
            session => session.GetAsync().AsTask(),
            session => session.UpdateAsync(new() { ["a"] = 1 }).AsTask(),
            session => session.ModifyAsync<int>("a", value => value + 1).AsTask(),
            session => session.RenewAsync().AsTask(),
            session => session.RaiseAsync(2).AsTask(),
            session => session.GetActiveSessionsAsync().AsTask(),
            session => session.DeleteOtherSessionsAsync().AsTask(),
            session => session.DeleteAllSessionsAsync().AsTask(),
            session => session.DeleteAsync().AsTask(),
            session => session.Store.CountActiveSessionsAsync().AsTask(),
            session => session.Store.ClearAsync().AsTask(),
        })
        {
            _host.Store.Before = null;
            var exchange = _host.Request(await _host.SignInAsync(Canary));
            _host.Store.Before = before;
            await RunAsync(async () =>
            {
                var running = call(exchange.Session);
                while (!running.IsCompleted)
                {
                    _host.Clock.Advance(TimeSpan.FromSeconds(5));
                    await Task.Yield();
                }

                await running;
            });
        }

        Assert.NotEmpty(_faults);
    }

    private async Task RunAsync(Func<Task> call)
    {
        if (await Record.ExceptionAsync(call) is { } fault)
        {
            _faults.Add(fault);
        }
    }

    private void AssertSilent()
    {
        Assert.NotEmpty(_host.Events);
        Assert.All(_host.Events, logged => Assert.DoesNotContain(Canary, logged.Message, StringComparison.OrdinalIgnoreCase));
        Assert.All(
            _meters.Recorded, recorded => Assert.DoesNotContain(Canary, recorded.ToString(), StringComparison.OrdinalIgnoreCase));
        Assert.All(_faults, fault =>
        {
            Assert.DoesNotContain(Canary, fault.ToString(), StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(Canary, PublicProperties.Of(fault), StringComparison.OrdinalIgnoreCase);
        });
    }
}
