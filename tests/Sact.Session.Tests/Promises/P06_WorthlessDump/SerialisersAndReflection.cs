using System.Globalization;
using System.Reflection;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Newtonsoft.Json;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Json;

namespace Sact.Session.Tests;

/// <summary>
/// What takes an object apart by its public properties, and knows no attribute of System.Text.Json: Newtonsoft.Json, Serilog, reflection.
/// </summary>
[Trait("abuse", "K20")]
public sealed class SerialisersAndReflection
{
    public static TheoryData<string> Ways => [nameof(ByNewtonsoft), nameof(BySerilog), nameof(ByReflection)];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task FindNoSecretInASessionItsDataAndItsRecords(string way)
    {
        var host = new SessionHost();
        string old = await host.SignInAsync("alice", new() { ["theme"] = "dark" });
        var renewal = host.Request(old);
        await renewal.Session.RenewAsync();
        string id = renewal.SentId!;
        var exchange = host.Request(id);
        var data = (await exchange.Session.GetAsync())!;
        var record = (await host.Memory.GetAsync(data.Key))!;
        exchange.Session.SetCookie();
        var fresh = host.Request();
        string created = fresh.Session.GetSessionId();
        var listed = await exchange.Session.GetActiveSessionsAsync();
        object[] all =
        [
            exchange.Session, renewal.Session, fresh.Session, new { session = exchange.Session }, data, listed, record, data.Key,
            data.Fields, record.CurrentHash, record.Lifetimes, SessionUpdate.Applied(record), SessionUpdate.Conflict(record),
            SessionCreation.Created([data.Key]), new SessionChange { Set = data.Fields },
            SessionRenewal.Propose(record.CurrentHash, host.Clock.GetUtcNow(), record),
        ];

        string found = string.Join('\n', all.Select(one => Found(way, one)));

        Assert.Contains("dark", Found(nameof(ByReflection), data), StringComparison.Ordinal);
        AssertAbsent([old, id, created], found);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task FindNoSecretInHttpContextSession(string way)
    {
        string? found = null;
        await using var site = await BridgedSite.StartAsync(app =>
        {
            BridgedSite.Map(app);
            app.MapGet("/all", (HttpContext context) => found = Found(way, context.Session));
        });
        string id = (await site.DoAsync("/set/key/value"))!;

        await site.DoAsync("/all", id);

        Assert.NotNull(found);
        AssertAbsent([id], found);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void FindWhatIsNotHidden(string way)
    {
        Assert.Contains("shown", Found(way, new { Deep = new { Text = "shown" } }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ThePropertiesAreThereForCallers()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync();
        var exchange = host.Request(id);
        Session<ProbeStore> session = exchange.Session;
        await session.GetAsync();

        Assert.Equal(id, session.SessionId);
        Assert.Same(exchange.Context.Request, session.Request);
        Assert.Same(exchange.Context.Response, session.Response);
        Assert.Same(host.Options, session.Options);
        Assert.Same(host.Store, session.Store);
        Assert.Same(session.Store, ((ISession<IGenericStore>)session).Store);
        Assert.Empty(typeof(Session<ProbeStore>).GetProperties(BindingFlags.Public | BindingFlags.Instance));
        Session<ProbeStore> none = null!;
        Assert.Throws<ArgumentNullException>(() => none.SessionId);
    }

    private static string Found(string way, object one) => way switch
    {
        nameof(ByNewtonsoft) => ByNewtonsoft(one),
        nameof(BySerilog) => BySerilog(one),
        _ => ByReflection(one),
    };

    private static string ByNewtonsoft(object one) => JsonConvert.SerializeObject(one, new JsonSerializerSettings
    {
        ReferenceLoopHandling = ReferenceLoopHandling.Ignore,
        MaxDepth = 20,
        Error = (_, error) => error.ErrorContext.Handled = true,
    });

    private static string BySerilog(object one)
    {
        var sink = new Sink();
        using var log = new LoggerConfiguration()
            .Destructure.ToMaximumDepth(20)
            .WriteTo.Sink(sink)
            .CreateLogger();
        log.Information("{@One} {$One} {One}", one, one, one);
        return sink.Text.ToString();
    }

    private static string ByReflection(object one) => PublicProperties.Of(one);

    // The key part is public. The rest is the secret, and a part of it is a leak too.
    private static void AssertAbsent(IEnumerable<string> ids, string found) => Assert.All(
        ids.SelectMany(id => new[]
        {
            id[24..44], id[36..], Convert.ToHexString(System.Buffers.Text.Base64Url.DecodeFromChars(id))[48..],
        }),
        secret => Assert.DoesNotContain(secret, found, StringComparison.OrdinalIgnoreCase));

    private sealed class Sink : ILogEventSink
    {
        public StringBuilder Text { get; } = new();

        public void Emit(LogEvent logEvent)
        {
            using var writer = new StringWriter(Text, CultureInfo.InvariantCulture);
            new JsonFormatter(renderMessage: true).Format(logEvent, writer);
        }
    }
}
