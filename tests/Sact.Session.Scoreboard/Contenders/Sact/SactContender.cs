using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Scoreboard;

/// <summary>This library over one of its stores, with its defaults.</summary>
internal sealed class SactContender(string store, Func<Task<SactStore>> open) : DotNetContender
{
    public override string Name => "Sact, " + store;

    public override string Configuration => "`AddSactSession()` with its defaults over this store.";

    public override bool IsSact => true;

    protected override string CookieName => "__Host-sid";

    protected override string Version => VersionOf(typeof(ISactSession));

    protected override async Task<StoreControls> RegisterAsync(IServiceCollection services, MovedClock clock, bool withFaults)
    {
        var opened = await open();
        var builder = services.AddSactSession();
        if (!withFaults)
        {
            opened.Choose(builder);
            return opened.Controls(clock) with { CloseAsync = opened.CloseAsync };
        }

        var (faulty, faults) = FaultyStore.Over(opened.Create(clock));
        builder.UseStore(_ => faulty);
        return new StoreControls
        {
            Break = isDown => faults.IsDown = isDown,
            RepeatIds = isOn => faults.RepeatsIds = isOn,
            CloseAsync = opened.CloseAsync,
        };
    }

    protected override void Use(WebApplication app) => app.UseSactSession();

    protected override SessionVerbs VerbsOf(HttpContext context) => new Verbs(context.GetSactSession());

    private sealed class Verbs(ISactSession session) : SessionVerbs
    {
        public override async Task<string?> UserAsync() => (await session.GetAsync())?.UserId;

        public override async Task<string?> ReadAsync(string key) => (await session.GetAnyAsync())?[key];

        public override Task<bool> WriteAsync(string key, string value) =>
            session.UpdateAsync(new JsonObject { [key] = value }).AsTask();

        public override async Task VisitAsync(string key, string value)
        {
            var fields = new JsonObject { [key] = value };
            if (!await session.UpdateAsync(fields))
            {
                await session.StartAsync(fields);
            }
        }

        public override async Task AddAsync(string key, Func<Task> gate)
        {
            await session.GetAsync();
            await gate();
            await session.ModifyAsync<string>(
                key, static number => (int.Parse(number ?? "0", CultureInfo.InvariantCulture) + 1).ToString(CultureInfo.InvariantCulture));
        }

        public override Task SignInAsync(string user) => session.SetAsync(user).AsTask();

        public override Task SignOutAsync() => session.DeleteAsync().AsTask();

        public override Task<bool> RenewAsync() => session.RenewAsync().AsTask();

        public override Task SignOutEverywhereAsync() => session.DeleteAllSessionsAsync().AsTask();

        public override Task SignOutOthersAsync() => session.DeleteOtherSessionsAsync().AsTask();

        public override async Task<IEnumerable<string>> DevicesAsync() =>
            (await session.GetActiveSessionsAsync()).Select(static device => device.Key.ToString());

        public override Task<bool> EndAsync(string handle) => SessionKey.TryParse(handle, null, out var key)
            ? session.DeleteSessionAsync(key).AsTask()
            : Task.FromResult(false);
    }
}
