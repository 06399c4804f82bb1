using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Sact.Session.Stores.Tests.OpenIdConnect;

/// <summary>
/// Logout requests that nobody but the provider could have meant, and that the provider did not send. Each is refused for another reason,
/// which only the log has, and the session lives on.
/// </summary>
public sealed class HostileLogoutTokens(HostileLogoutTokens.Bed bed) : IClassFixture<HostileLogoutTokens.Bed>
{
    private const string Event = "http://schemas.openid.net/event/backchannel-logout";

    // What is wrong with a token of the provider, and the reason for which it is refused.
    private static readonly Dictionary<string, (Func<TestProvider, string> Token, string Reason)> s_tokens = new()
    {
        ["empty"] = (_ => "", "no single parameter"),
        ["no JWT"] = (_ => "hello", "no JWT"),
        ["two dots"] = (_ => "..", "no JWT"),
        ["four parts"] = (p => p.LogoutToken() + ".a", "no JWT"),
        ["white space"] = (p => p.LogoutToken().Replace(".", " .", StringComparison.Ordinal), "no JWT"),
        ["padding"] = (p => Resigned(p, SigningKey.Encode(p.Header()) + "=", p.Claims()), "no JWT"),
        ["header that is an array"] = (p => Resigned(p, Base64("[]"), p.Claims()), "no JWT"),
        ["header without an end"] = (p => Resigned(p, Base64("{"), p.Claims()), "no JWT"),
        ["too long"] = (p => With(p, ("x", new string('x', 20_000))), "longer than 16 KiB"),
        ["encrypted"] = (p => p.LogoutToken() + ".a.b", "encrypted"),
        ["alg none"] = (p => Unsigned(p, "none"), "asymmetric"),
        ["alg None"] = (p => Unsigned(p, "None"), "asymmetric"),
        ["alg empty"] = (p => Unsigned(p, ""), "asymmetric"),
        ["alg absent"] = (p => p.Key.Sign(Without(p.Header(), "alg"), p.Claims()), "asymmetric"),
        ["alg a number"] = (p => p.Key.Sign(Set(p.Header(), "alg", 256), p.Claims()), "asymmetric"),
        ["HMAC with the client secret"] = (p => Hmac(p, Encoding.UTF8.GetBytes(TestProvider.Secret)), "asymmetric"),
        ["HMAC with the public key"] = (p => Hmac(p, p.Key.Pem), "asymmetric"),
        ["HMAC with the modulus"] = (p => Hmac(p, p.Key.Modulus), "asymmetric"),
        ["alg that is no Unicode"] = (p => Resigned(p, Base64("""{"alg":"\ud800","kid":"first"}"""), p.Claims()), "no Unicode"),
        ["typ that is no Unicode"] = (
            p => Resigned(p, Base64("""{"alg":"RS256","kid":"first","typ":"\ud800"}"""), p.Claims()), "no Unicode"),
        ["a name in the header that is no Unicode"] = (
            p => Resigned(p, Base64("""{"\ud800":1,"alg":"RS256","kid":"first"}"""), p.Claims()), "no Unicode"),
        ["aud that is no Unicode"] = (
            p => Text(p, $$"""{"aud":"\ud800",{{Text(Without(p.Claims(), "aud"))}}"""), "no Unicode"),
        ["aud in an array that is no Unicode"] = (
            p => Text(p, $$"""{"aud":["\ud800"],{{Text(Without(p.Claims(), "aud"))}}"""), "no Unicode"),
        ["a claim's name that is no Unicode"] = (p => Text(p, $$"""{"\ud800":1,{{Text(p.Claims())}}"""), "no Unicode"),
        ["an event's name that is no Unicode"] = (
            p => Text(p, """{"events":{"\ud800":{}},""" + Text(Without(p.Claims(), "events"))), "no Unicode"),
        ["crit"] = (p => p.Key.Sign(Set(p.Header(), "crit", new JsonArray("b64")), p.Claims()), "critical"),
        ["type of an access token"] = (p => p.Key.Sign(p.Header("at+jwt"), p.Claims()), "type"),
        ["type of a security event"] = (p => p.Key.Sign(p.Header("secevent+jwt"), p.Claims()), "type"),
        ["type that is a number"] = (p => p.Key.Sign(Set(p.Header(), "typ", 1), p.Claims()), "type"),
        ["alg twice"] = (p => Resigned(p, Base64("""{"alg":"RS256","kid":"first","alg":"none"}"""), p.Claims()), "twice"),
        ["another key of the same name"] = (p => Foreign(p, p.Header()), "signature"),
        ["another key in the header"] = (p => Embedded(p), "signature"),
        ["a key of another address"] = (p => Foreign(p, Set(p.Header(), "jku", "http://127.0.0.1:1/jwks")), "signature"),
        ["a key that only encrypts"] = (p => p.EncryptionKey.Sign(Set(p.Header(), "kid", "encryption"), p.Claims()), "signature"),
        ["no signature"] = (p => p.LogoutToken()[..(p.LogoutToken().LastIndexOf('.') + 1)], "signature"),
        ["signature of another token"] = (p => Mixed(p), "signature"),
        ["changed sid"] = (p => Changed(p), "signature"),
        ["no issuer"] = (p => Lacking(p, "iss"), "issuer"),
        ["issuer with a slash"] = (p => With(p, ("iss", p.Issuer + "/")), "issuer"),
        ["issuer that is an array"] = (p => With(p, ("iss", new JsonArray(p.Issuer))), "issuer"),
        ["another issuer"] = (p => With(p, ("iss", "https://evil.example")), "issuer"),
        ["no audience"] = (p => Lacking(p, "aud"), "audience"),
        ["another audience"] = (p => With(p, ("aud", "shop2")), "audience"),
        ["one more audience"] = (p => With(p, ("aud", new JsonArray(TestProvider.Client, "other"))), "audience"),
        ["an audience of nobody"] = (p => With(p, ("aud", new JsonArray())), "audience"),
        ["no iat"] = (p => Lacking(p, "iat"), "lacks iat"),
        ["iat that is a string"] = (p => With(p, ("iat", Now().ToString(CultureInfo.InvariantCulture))), "lacks iat"),
        ["iat in the future"] = (p => With(p, ("iat", Now() + 600)), "future"),
        ["iat long ago"] = (p => With(p, ("iat", Now() - 3600)), "MaxLogoutTokenAge"),
        ["no exp"] = (p => Lacking(p, "exp"), "lacks iat or exp"),
        ["exp out of range"] = (p => With(p, ("exp", 1e300)), "lacks iat or exp"),
        ["expired"] = (p => With(p, ("iat", Now() - 400), ("exp", Now() - 300)), "expired"),
        ["not valid yet"] = (p => With(p, ("nbf", Now() + 600)), "not valid yet"),
        ["nbf that is no number"] = (p => With(p, ("nbf", "soon")), "no number"),
        ["an id token"] = (p => p.Key.Sign(p.Header("JWT"), Without(Set(p.Claims(), "nonce", "n"), "events")), "nonce"),
        ["a nonce"] = (p => With(p, ("nonce", "n")), "nonce"),
        ["a nonce that is null"] = (p => With(p, ("nonce", null)), "nonce"),
        ["no events"] = (p => Lacking(p, "events"), "no event"),
        ["events that are an array"] = (p => With(p, ("events", new JsonArray(Event))), "no event"),
        ["events that are a string"] = (p => With(p, ("events", Event)), "no event"),
        ["another event"] = (p => With(p, ("events", new JsonObject { ["urn:other"] = new JsonObject() })), "no event"),
        ["an event that is true"] = (p => With(p, ("events", new JsonObject { [Event] = true })), "no event"),
        ["no jti"] = (p => Lacking(p, "jti"), "jti"),
        ["jti that is a number"] = (p => With(p, ("jti", 1)), "jti"),
        ["jti that is empty"] = (p => With(p, ("jti", "")), "jti"),
        ["jti that is too long"] = (p => With(p, ("jti", new string('j', 257))), "jti"),
        ["jti that is no Unicode"] = (p => Text(p, $$"""{"jti":"\ud800",{{Text(Without(p.Claims(), "jti"))}}"""), "jti"),
        ["neither sid nor sub"] = (p => p.LogoutToken(null, null), "neither sid nor sub"),
        ["sid that is a number"] = (p => With(p, ("sid", 1)), "no string"),
        ["sid that is empty"] = (p => With(p, ("sid", "")), "no string"),
        ["sid that is null"] = (p => With(p, ("sid", null)), "no string"),
        ["sub that is an array"] = (p => With(p, ("sub", new JsonArray("sub-alice"))), "no string"),
        ["sid that is too long"] = (p => With(p, ("sid", new string('s', 1025))), "no string"),
        ["sid twice"] = (p => Text(p, $$"""{"sid":"sid-2",{{Text(p.Claims())}}"""), "twice"),
        ["sid that is no Unicode"] = (p => Text(p, $$"""{"sid":"\ud800",{{Text(Without(p.Claims(), "sid"))}}"""), "no string"),
    };

    public static TheoryData<string> Names => [.. s_tokens.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("abuse", "K32")]
    public async Task IsRefusedForAReasonThatOnlyTheLogHas(string name)
    {
        var (token, reason) = s_tokens[name];
        await bed.RefusedAsync(new FormUrlEncodedContent([new("logout_token", token(bed.Provider))]), reason);
    }

    public static TheoryData<string, string> Bodies => new()
    {
        { "nothing", "no form" },
        { "json", "no form" },
        { "multipart", "no form" },
        { "text", "no form" },
        { "another name", "no single parameter" },
        { "twice", "no single parameter" },
        { "many parameters", "no form" },
        { "large", "no form" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    [Trait("abuse", "K32")]
    public async Task NoFormWithOneTokenIsRefused(string name, string reason)
    {
        string token = bed.Provider.LogoutToken();
        await bed.RefusedAsync(
            name switch
            {
                "nothing" => new ByteArrayContent([]),
                "json" => new StringContent($$"""{"logout_token":"{{token}}"}""", new MediaTypeHeaderValue("application/json")),
                "multipart" => new MultipartFormDataContent { { new StringContent(token), "logout_token" } },
                "text" => new StringContent("logout_token=" + token, new MediaTypeHeaderValue("text/plain")),
                "another name" => new FormUrlEncodedContent([new("token", token)]),
                "twice" => new FormUrlEncodedContent([new("logout_token", token), new("logout_token", token)]),
                "many parameters" => new FormUrlEncodedContent(
                    Enumerable.Range(0, 40).Select(i => KeyValuePair.Create($"a{i}", "b")).Append(new("logout_token", token))),
                _ => new FormUrlEncodedContent([new("logout_token", token), new("padding", new string('x', 40_000))]),
            },
            reason);
    }

    /// <summary>
    /// A socket, because HttpClient reads no response before it has sent the whole body, and this body has no end.
    /// </summary>
    [Fact]
    [Trait("abuse", "K32")]
    public async Task ABodyWithoutALengthIsRefusedBeforeItsEnd()
    {
        int before = bed.Node.Refusals.Count();
        var address = bed.Node.Client.BaseAddress!;
        using var connection = new TcpClient();
        await connection.ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken);
        var stream = connection.GetStream();

        string body = "logout_token=" + bed.Provider.LogoutToken() + "&padding=" + new string('x', 40_000);
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"POST /signout-backchannel HTTP/1.1\r\nHost: {address.Authority}\r\n"
                + "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n"
                + $"{body.Length:x}\r\n{body}\r\n"),
            TestContext.Current.CancellationToken);

        using var reader = new StreamReader(stream, Encoding.ASCII);
        Assert.Equal("HTTP/1.1 400 Bad Request", await reader.ReadLineAsync(TestContext.Current.CancellationToken));
        Assert.Contains("no form", Assert.Single(bed.Node.Refusals.Skip(before)), StringComparison.Ordinal);
        Assert.Equal("sub-alice", await bed.Browser.WhoAsync(bed.Node));
    }

    [Fact]
    [Trait("abuse", "K32")]
    public async Task AReplayIsRefused()
    {
        string other = bed.Provider.LogoutToken(sid: "sid-of-somebody-else");
        Assert.Equal((HttpStatusCode.OK, ""), await bed.Node.LogoutAsync(other));

        await bed.RefusedAsync(new FormUrlEncodedContent([new("logout_token", other)]), "replay");
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    [InlineData("HEAD")]
    public async Task AnotherMethodIsNotAllowed(string method)
    {
        using var request = new HttpRequestMessage(
            new HttpMethod(method), "/signout-backchannel?logout_token=" + bed.Provider.LogoutToken());
        using var response = await bed.Node.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal("sub-alice", await bed.Browser.WhoAsync(bed.Node));
    }

    [Fact]
    public async Task WithoutATypeATokenIsRefusedIfTheApplicationRequiresOne()
    {
        await using var strict = await TestNode.StartAsync(
            bed.Provider, new MemoryStore(), settings: static o => o.RequireLogoutTokenType = true);
        foreach (var header in new[] { bed.Provider.Header("JWT"), Without(bed.Provider.Header(), "typ") })
        {
            string token = bed.Provider.Key.Sign(header, bed.Provider.Claims());
            Assert.Equal(HttpStatusCode.BadRequest, (await strict.LogoutAsync(token)).Status);
        }

        Assert.Equal(2, strict.Refusals.Count(static reason => reason.Contains("type", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.OK, (await strict.LogoutAsync(bed.Provider.LogoutToken())).Status);
    }

    [Theory]
    [InlineData("logout+jwt")]
    [InlineData("LOGOUT+JWT")]
    [InlineData("application/logout+jwt")]
    [InlineData("JWT")]
    [InlineData(null)]
    public async Task WhatProvidersSendIsAccepted(string? type)
    {
        var header = type is null ? Without(bed.Provider.Header(), "typ") : bed.Provider.Header(type);
        var claims = Set(bed.Provider.Claims(sid: "sid-of-somebody-else"), "aud", new JsonArray(TestProvider.Client));

        Assert.Equal((HttpStatusCode.OK, ""), await bed.Node.LogoutAsync(bed.Provider.Key.Sign(header, claims)));
        Assert.Equal("sub-alice", await bed.Browser.WhoAsync(bed.Node));
    }

    private static long Now() => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    private static string Base64(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    private static JsonObject Set(JsonObject json, string name, JsonNode? value)
    {
        json[name] = value;
        return json;
    }

    private static JsonObject Without(JsonObject json, string name)
    {
        Assert.True(json.Remove(name));
        return json;
    }

    private static string With(TestProvider provider, params (string Name, JsonNode? Value)[] claims)
    {
        var all = provider.Claims();
        foreach (var (name, value) in claims)
        {
            all[name] = value;
        }

        return provider.Key.Sign(provider.Header(), all);
    }

    private static string Lacking(TestProvider provider, string claim) =>
        provider.Key.Sign(provider.Header(), Without(provider.Claims(), claim));

    private static string Resigned(TestProvider provider, string header, JsonObject claims) =>
        provider.Key.Sign($"{header}.{SigningKey.Encode(claims)}");

    private static string Text(TestProvider provider, string payload) =>
        provider.Key.Sign($"{SigningKey.Encode(provider.Header())}.{Base64(payload)}");

    // An object without its opening brace, to which something is put in front.
    private static string Text(JsonObject claims) => claims.ToJsonString()[1..];

    private static string Unsigned(TestProvider provider, string algorithm) =>
        $"{SigningKey.Encode(Set(provider.Header(), "alg", algorithm))}.{SigningKey.Encode(provider.Claims())}.";

    private static string Hmac(TestProvider provider, byte[] secret) =>
        SigningKey.Hmac(secret, Set(provider.Header(), "alg", "HS256"), provider.Claims());

    private static string Foreign(TestProvider provider, JsonObject header)
    {
        using var key = new SigningKey(provider.Key.Id);
        return key.Sign(header, provider.Claims());
    }

    private static string Embedded(TestProvider provider)
    {
        using var key = new SigningKey(provider.Key.Id);
        return key.Sign(Set(provider.Header(), "jwk", key.Public()), provider.Claims());
    }

    private static string Mixed(TestProvider provider)
    {
        string token = provider.LogoutToken(), other = provider.LogoutToken("sid-2");
        return token[..token.LastIndexOf('.')] + other[other.LastIndexOf('.')..];
    }

    private static string Changed(TestProvider provider)
    {
        string[] parts = provider.LogoutToken("sid-2").Split('.');
        return $"{parts[0]}.{SigningKey.Encode(provider.Claims())}.{parts[2]}";
    }

    /// <summary>A provider, a node of the application, and a user who is signed in.</summary>
    public sealed class Bed : IAsyncLifetime
    {
        internal TestProvider Provider { get; private set; } = null!;

        internal TestNode Node { get; private set; } = null!;

        internal TestBrowser Browser { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Provider = await TestProvider.StartAsync();
            Node = await TestNode.StartAsync(Provider, new MemoryStore());
            Browser = await TestBrowser.SignInAsync(Node);
        }

        internal async Task RefusedAsync(HttpContent content, string reason)
        {
            int before = Node.Refusals.Count();

            Assert.Equal((HttpStatusCode.BadRequest, ""), await Node.LogoutAsync(content));

            string refused = Assert.Single(Node.Refusals.Skip(before));
            Assert.Contains(reason, refused, StringComparison.Ordinal);
            Assert.Equal("sub-alice", await Browser.WhoAsync(Node));
        }

        public async ValueTask DisposeAsync()
        {
            await Node.DisposeAsync();
            await Provider.DisposeAsync();
        }
    }
}
