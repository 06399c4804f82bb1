using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Sact.Session.Tests;

/// <summary>What an attacker sends never becomes a label, because a growing set of labels brings a metrics server down.</summary>
public sealed class MetricLabels : IDisposable
{
    private static readonly HashSet<(string Instrument, string Label, string Value)> s_all =
    [
        ("sact.session.began", "state", "signed_in"),
        ("sact.session.began", "state", "pending"),
        ("sact.session.began", "state", "anonymous"),
        ("sact.session.ended", "reason", "signed_out"),
        ("sact.session.ended", "reason", "replaced"),
        ("sact.session.ended", "reason", "cap"),
        ("sact.session.ended", "reason", "replayed"),
        ("sact.session.ended", "reason", "others"),
        ("sact.session.ended", "reason", "everywhere"),
        ("sact.session.ended", "reason", "by_key"),
        ("sact.session.ended", "reason", "unsent"),
        ("sact.session.refused", "reason", "unknown"),
        ("sact.session.refused", "reason", "foreign"),
        ("sact.session.refused", "reason", "stale"),
        ("sact.session.refused", "reason", "replayed"),
        ("sact.session.refused", "reason", "malformed"),
        ("sact.session.refused", "reason", "conflict"),
        ("sact.session.refused", "reason", "misplaced"),
        ("sact.session.replayed", "", ""),
        ("sact.session.renewed", "kind", "proposed"),
        ("sact.session.renewed", "kind", "promoted"),
        ("sact.session.renewed", "kind", "replaced"),
        ("sact.session.conflicts", "", ""),
        ("sact.session.touch_failures", "", ""),
        ("sact.session.anonymous_refused", "", ""),
        ("sact.session.store_faults", "operation", "read"),
        ("sact.session.store_faults", "operation", "create"),
        ("sact.session.store_faults", "operation", "update"),
        ("sact.session.store_faults", "operation", "delete"),
        ("sact.session.store_faults", "operation", "delete_user"),
        ("sact.session.store_faults", "operation", "list"),
        ("sact.session.store.duration", "operation", "read"),
        ("sact.session.store.duration", "operation", "create"),
        ("sact.session.store.duration", "operation", "update"),
        ("sact.session.store.duration", "operation", "delete"),
        ("sact.session.store.duration", "operation", "delete_user"),
        ("sact.session.store.duration", "operation", "list"),
        ("sact.session.store.duration", "outcome", "ok"),
        ("sact.session.store.duration", "outcome", "fault"),
    ];

    private readonly LabelRecordingMeterFactory _meters = new();

    public void Dispose() => _meters.Dispose();

    [Fact]
    [Trait("abuse", "J5")]
    public async Task AreAFixedSetWhateverClientsSend()
    {
        var host = new SessionHost(options => (options.MeterFactory, options.MaxSessionsPerUser) = (_meters, 3));
        var random = new Random(7);
        var ids = new List<string>();
        string[] verbs = ["get", "create", "update", "delete", "list", "delete_user"];
        for (int i = 0; i < 3_000; i++)
        {
            host.Clock.Advance(TimeSpan.FromSeconds(random.Next(40)));
            string? failing = random.Next(4) == 0 ? verbs[random.Next(verbs.Length)] : null;
            host.Store.Before = (verb, _) => verb == failing ? throw new InvalidOperationException($"fault {random.Next()}") : default;
            var session = host.RequestWithHeader(Header(random, ids)).Session;
            try
            {
                await Do(random, session, ids, host);
            }
            catch (SessionStoreException)
            {
                // The store failed in this step.
            }
        }

        var recorded = _meters.Recorded.Select(measured =>
            (measured.Instrument, measured.Label, measured.Value?.ToString() ?? "")).ToHashSet();
        Assert.Subset(s_all, recorded);

        // The random steps reach most labels. Otherwise the test would prove little.
        Assert.True(recorded.Count >= 20, string.Join(", ", s_all.Except(recorded)));
    }

    private static string? Header(Random random, List<string> ids)
    {
        string id = ids.Count == 0 ? "" : ids[random.Next(Math.Max(0, ids.Count - 12), ids.Count)];
        return random.Next(8) switch
        {
            0 => null,
            1 => $"__Host-sid={RandomNumberGenerator.GetHexString(random.Next(1, 200))}",
            2 => $"__Host-sid={id}; __Host-sid={RandomNumberGenerator.GetHexString(56)}",
            3 when id.Length > 0 => $"__Host-sid={id[..24]}{RandomNumberGenerator.GetHexString(32)}",
            _ => $"__Host-sid={id}",
        };
    }

    private static async Task Do(Random random, Session<ProbeStore> session, List<string> ids, SessionHost host)
    {
        switch (random.Next(9))
        {
            case 0 or 1:
                await session.SetAsync($"user {random.Next(2)}", new JsonObject { [$"field {random.Next()}"] = random.Next() });
                ids.Add(session.SessionId!);
                break;
            case 2 when await session.StartAsync():
                ids.Add(session.SessionId!);
                break;
            case 3:
                await session.DeleteAsync();
                break;
            case 4:
                await session.RenewAsync(random.Next(2) == 0);
                ids.Add(session.GetSessionId());
                break;
            case 5:
                await session.DeleteOtherSessionsAsync();
                break;
            case 6 when random.Next(4) == 0:
                await session.DeleteAllSessionsAsync();
                break;
            case 7 when ids.Count > 0:
                await session.GetActiveSessionsAsync();
                await session.DeleteSessionAsync(host.Memory.GetSessionKey(ids[random.Next(Math.Max(0, ids.Count - 12), ids.Count)]));
                break;
            default:
                await session.UpdateAsync(new() { ["a"] = random.Next() });
                break;
        }
    }
}
