using System.Buffers.Text;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Tests.Fuzzing;

/// <summary>
/// Cookie headers around issued ids. A second reader, written for this test, says which value is presented. A user is signed in only if
/// that value is an issued id, letter for letter.
/// </summary>
[Trait("seeds", "fuzzing")]
public sealed class FuzzedCookieHeaders
{
    private const string Name = "__Host-sid";
    private const string Secret = "a protected value";

    private static readonly string[] s_names =
        [Name, Name, Name, "__host-sid", "__Host-sid ", " __Host-sid", "x__Host-sid", "a", "theme", ""];

    private static readonly string[] s_separators = ["; ", ";", ";;", ",", "\t;\t", " ; ", "&"];

    private readonly MemoryStore _store;
    private readonly SactSessionOptions _options;
    private readonly Dictionary<string, string> _issued = new(StringComparer.Ordinal);
    private string _replaced = "";
    private string _protected = "";

    public FuzzedCookieHeaders()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        _store = new MemoryStore(new MemoryStoreOptions { TimeProvider = clock });
        _options = new SactSessionOptions { TimeProvider = clock, DataProtectionProvider = new EphemeralDataProtectionProvider() };
    }

    [Fact]
    [Trait("abuse", "A10")]
    public async Task NeverSignAnybodyInWithAnIdThatWasNotIssued()
    {
        await BeginAsync();

        await FuzzRun.RunAsync("cookie headers", OneAsync, ["signed in", "refused", "absent"]);
    }

    private async Task BeginAsync()
    {
        foreach (string user in (string[])["alice", "bob"])
        {
            var session = Request(default);
            await session.SetAsync(user);
            _issued[session.SessionId!] = user;
        }

        // An id that was replaced at once is as dead as one that nobody issued.
        _replaced = _issued.First(static pair => pair.Value == "bob").Key;
        var raising = Request($"{Name}={_replaced}");
        Assert.True(await raising.RaiseAsync(2));
        raising.SetProtectedCookie("theme", Secret);
        _protected = raising.Response.Headers.SetCookie.Single(static line => line!.StartsWith("theme=", StringComparison.Ordinal))!
            ["theme=".Length..].Split(';')[0];
        _issued.Remove(_replaced);
        _issued[raising.SessionId!] = "bob";
    }

    private async ValueTask<string> OneAsync(SeededNumbers numbers)
    {
        var mutator = new Mutator(numbers);
        var headers = new StringValues([.. Enumerable.Range(0, 1 + numbers.Below(3)).Select(_ => Header(numbers, mutator))]);
        string? presented = Presented(headers, Name);
        string? user = presented is not null && _issued.TryGetValue(presented, out string? owner) ? owner : null;
        var session = Request(headers);

        var data = await session.GetAsync();

        Assert.Equal(user, data?.UserId);
        session.GetCustomCookie("theme");
        string? opened = session.GetProtectedCookie("theme");

        // Of the last character only some bits count, so another spelling may open as well. It is never another value.
        Assert.True(opened is null or Secret);
        Assert.True(opened is not null || Presented(headers, "theme") != _protected);
        Assert.Equal(0, session.Response.Headers.SetCookie.Count);
        return user is not null ? "signed in" : presented is not null ? "refused" : "absent";
    }

    private string Header(SeededNumbers numbers, Mutator mutator)
    {
        string header = "";
        for (int i = 1 + numbers.Below(4); i > 0; i--)
        {
            string name = numbers.Of(s_names);
            header += name + (numbers.Percent(95) ? "=" : numbers.Of((string[])["", "==", " =", "= "]));
            header += name == "theme" && numbers.Percent(60) ? _protected : Value(numbers, mutator);
            header += numbers.Of(s_separators);
        }

        return numbers.Percent(30) ? mutator.String(header, _replaced) : header;
    }

    private string Value(SeededNumbers numbers, Mutator mutator)
    {
        string id = numbers.Of(_issued.Keys.ToArray());
        return numbers.Below(8) switch
        {
            < 3 => id,
            3 => mutator.String(id, _replaced),
            4 => Base64Url.EncodeToString(numbers.Bytes(42)),
            5 => _replaced,
            6 => numbers.Of((string[])
                [$"\"{id}\"", Uri.HexEscape(id[0]) + id[1..], id + "=", id[..55], id.ToUpperInvariant(), "+" + id[1..]]),
            _ => mutator.AnyString(3),
        };
    }

    /// <summary>The one value of a name; null without any, or with two different ones (RFC 6265bis section 4.2, and rule A4).</summary>
    private static string? Presented(StringValues headers, string name)
    {
        string[] values =
        [
            .. headers.SelectMany(static line => line!.Split(';'))
                .Select(static pair => pair.TrimStart(' ', '\t'))
                .Where(pair => pair.StartsWith(name + "=", StringComparison.Ordinal))
                .Select(pair => pair[(name.Length + 1)..])
                .Distinct(StringComparer.Ordinal),
        ];
        return values.Length == 1 ? values[0] : null;
    }

    private Session<MemoryStore> Request(StringValues headers)
    {
        var context = new DefaultHttpContext { Request = { Scheme = "https", Host = new HostString("example.test") } };
        context.Request.Headers.Cookie = headers;
        return new Session<MemoryStore>(context.Request, context.Response, _store, _options);
    }
}
