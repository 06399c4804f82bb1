using System.Text;
using CsCheck;

namespace Sact.Session.Tests;

/// <summary>Any key and any bytes that the framework accepts come back unchanged.</summary>
public sealed class KeysAndValues
{
    private static readonly Gen<string> s_wellFormed = Gen.String.Where(key => UnicodeRule.IsWellFormed(key));

    public static TheoryData<string> UnusualKeys =>
    [
        "", " ", "$x", "__ControllerTempData", "a\0b", "\r\n", "#", "#x", "~", "a.b", "ü☃😀",
        new string('k', 122), new string('k', 123), new string('k', 20_000), new string('ü', 32_767),
    ];

    [Theory]
    [MemberData(nameof(UnusualKeys))]
    [Trait("abuse", "H6")]
    public async Task AnyKeyAndItsValueComeBack(string key)
    {
        var host = new SessionHost(options => options.MaxRecordBytes = 1 << 20);
        var first = host.Request();
        var session = Open(first);
        session.Set(key, [0, 255, 62, 63]);
        await session.CommitAsync();

        var next = Open(host.Request(first.SentId));

        Assert.Equal([key], next.Keys);
        Assert.True(next.TryGetValue(key, out byte[]? value));
        Assert.Equal([0, 255, 62, 63], value);
        next.Remove(key);
        await next.CommitAsync();
        Assert.Empty((await host.Memory.GetAsync(host.Memory.GetSessionKey(first.SentId!)))!.Fields);
    }

    [Fact]
    public void RandomKeysAndValuesRoundTripWithoutCollisions() =>
        Gen.Select(s_wellFormed, s_wellFormed, Gen.Byte.Array).Sample((key, other, bytes) =>
        {
            var (name, json) = HttpContextSessionField.Write(key, bytes);
            Assert.Null(FieldNameRule.Validate(name, allowReserved: true));
            Assert.Null(FieldValueRule.Validate(json.Span));
            Assert.True(HttpContextSessionField.TryRead(name, json.Span, out string? read, out byte[]? value));
            Assert.Equal(key, read);
            Assert.Equal(bytes, value);
            Assert.Equal(key == other, name == HttpContextSessionField.NameOf(other));
        });

    [Fact]
    public void KeysBeyondTheLimitsAreRefused()
    {
        var session = Open(new SessionHost().Request());

        Assert.Throws<ArgumentOutOfRangeException>(() => session.Set(new string('k', 65_536), []));
        Assert.Throws<ArgumentException>(() => session.Set("\ud800", []));
        Assert.Throws<ArgumentNullException>(() => session.Set("key", null!));
        Assert.False(session.TryGetValue("\ud800", out _));
    }

    [Fact]
    public async Task ValuesThatDoNotChangeWriteNothing()
    {
        var host = new SessionHost();
        var first = host.Request();
        var session = Open(first);
        session.Remove("key");
        session.Clear();
        await session.CommitAsync();
        Assert.Empty(first.SetCookies);
        Assert.Empty(host.Store.Calls);

        session.Set("key", [1]);
        string id = session.Id;
        await session.CommitAsync();
        Assert.Equal(id, session.Id);
        Assert.Equal(id, first.SentId![..24]);
        host.Store.Reset();
        session.Set("key", [1]);
        session.Remove("absent");
        await session.CommitAsync();
        Assert.Empty(host.Store.Calls);
    }

    [Fact]
    [Trait("abuse", "D7")]
    public async Task ParallelRequestsKeepEachOthersKeys()
    {
        var host = new SessionHost();
        var first = host.Request();
        var started = Open(first);
        started.Set("a", [0]);
        started.Set("b", [0]);
        await started.CommitAsync();
        var (one, two, three) = (Open(host.Request(first.SentId)), Open(host.Request(first.SentId)), Open(host.Request(first.SentId)));
        one.Set("a", [1]);
        two.Remove("b");
        three.Clear();
        three.Set("c", [3]);

        await one.CommitAsync();
        await two.CommitAsync();
        Assert.Equal(["a"], Open(host.Request(first.SentId)).Keys);
        two.Set("d", [2]);
        await two.CommitAsync();
        await three.CommitAsync();

        // Keys that were written after the third request had read are kept.
        Assert.Equal(["c", "d"], Open(host.Request(first.SentId)).Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    [Trait("abuse", "C8")]
    public void TheIdIsNeverChosenByTheClient()
    {
        var host = new SessionHost();
        string invented = host.Store.CreateSessionId();
        var session = Open(host.Request(invented));

        Assert.NotEqual(invented[..24], session.Id);
        Assert.Equal(24, session.Id.Length);
        Assert.Equal(session.Id, session.Id);
    }

    [Fact]
    public async Task AStoreThatResumesOnTheCallersContextDoesNotDeadlock()
    {
        var host = new SessionHost();
        var first = host.Request();
        var session = Open(first);
        session.Set("key", Encoding.UTF8.GetBytes("value"));
        await session.CommitAsync();
        host.Store.Before = async (_, _) => await Task.Yield();
        byte[]? value = null;

        // A synchronization context whose only thread is blocked.
        var thread = new Thread(() =>
        {
            SynchronizationContext.SetSynchronizationContext(new BlockedSynchronizationContext());
            Open(host.Request(first.SentId)).TryGetValue("key", out value);
        })
        {
            IsBackground = true,
        };
        thread.Start();

        Assert.True(thread.Join(TimeSpan.FromSeconds(30)));
        Assert.Equal("value", Encoding.UTF8.GetString(value!));
    }

    [Fact]
    [Trait("abuse", "H2")]
    public async Task AnUnreadableValueIsAbsentAndLogged()
    {
        var host = new SessionHost();
        var first = host.Request();
        var fields = SessionFields.Create([new("$http.key", "17"u8.ToArray()), new("$http.#x", "[\"y\",\"\"]"u8.ToArray())]);
        var session = first.NewRequestSession();
        await session.Start.StartAnonymousAsync(fields, session.Settings.AnonymousTerms, number: null, CancellationToken.None);

        Assert.Empty(Open(host.Request(first.SentId)).Keys);
        Assert.Equal(2, host.Events.Count(logged => logged.Id.Id == 44));
    }

    private static HttpContextSession Open(Exchange exchange) => new(exchange.NewRequestSession(), exchange.Context, keepAtSignIn: false);

    private sealed class BlockedSynchronizationContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
        }
    }
}
