using System.Buffers.Text;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Sact.Session.Stores.Tests.OpenIdConnect;
using Sact.Session.Tests.Fuzzing;

namespace Sact.Session.Stores.Tests.Fuzzing;

/// <summary>
/// Logout tokens, changed before or after they are signed. An accepted one has the header and the payload that the provider signed. A
/// second reader, written for this test, finds every claim of it in order. Any other is refused for one of the documented reasons.
/// </summary>
[Trait("seeds", "fuzzing")]
public sealed class FuzzedLogoutTokens : IAsyncLifetime
{
    private const string Event = "http://schemas.openid.net/event/backchannel-logout";

    private static readonly HashSet<LogoutRefusal> s_documented =
    [
        .. typeof(LogoutRefusal).GetProperties(BindingFlags.Public | BindingFlags.Static)
            .Where(static property => property.PropertyType == typeof(LogoutRefusal))
            .Select(static property => (LogoutRefusal)property.GetValue(null)!),
    ];

    private static readonly string[] s_claims = ["iss", "aud", "iat", "exp", "jti", "events", "sid", "sub", "nbf", "nonce", "x"];
    private static readonly string[] s_algorithms = ["RS256", "none", "HS256", "ES256", "RS512", "rs256", ""];

    private readonly SactOpenIdConnectOptions _settings = new();
    private readonly DateTimeOffset _now = DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
    private TestProvider _provider = null!;
    private TestNode _node = null!;
    private LogoutTokenValidator _validator = null!;
    private ProviderScheme _scheme = null!;
    private string _signed = "";
    private string _signedOther = "";

    public async ValueTask InitializeAsync()
    {
        _provider = await TestProvider.StartAsync();
        _node = await TestNode.StartAsync(_provider, new MemoryStore());
        _validator = _node.Services.GetRequiredService<LogoutTokenValidator>();
        _scheme = _node.Services.GetRequiredService<ProviderSchemes>().Find("OpenIdConnect");
        _signed = _provider.LogoutToken();
        _signedOther = _provider.LogoutToken("sid-2", "sub-bob");
    }

    [Fact]
    public Task AreRefusedForADocumentedReasonOrAreTheProvidersOwn() =>
        FuzzRun.RunAsync("logout tokens", OneAsync, ["accepted", "refused", "claims accepted", "claims refused", "unreadable"]);

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        await _provider.DisposeAsync();
    }

    private async ValueTask<string> OneAsync(SeededNumbers numbers)
    {
        var mutator = new Mutator(numbers);
        return numbers.Percent(25) ? await OfSignedAsync(numbers, mutator) : OfClaims(numbers, mutator);
    }

    /// <summary>A token that the provider signed, changed afterwards. Now and then the provider signs other claims.</summary>
    private async ValueTask<string> OfSignedAsync(SeededNumbers numbers, Mutator mutator)
    {
        bool isSignedAnew = numbers.Percent(5);
        string signed = isSignedAnew
            ? _provider.Key.Sign($"{Base64(Header(numbers, mutator))}.{Base64(Claims(numbers, mutator))}")
            : numbers.Percent(50) ? _signed : _signedOther;
        string token = numbers.Percent(80) ? mutator.String(signed, _signedOther) : signed;

        var (accepted, refusal) = await _validator.ValidateAsync(token, _scheme, CancellationToken.None);

        Assert.True(accepted is null != refusal is null);
        if (accepted is null)
        {
            AssertDocumented(refusal!);
            Assert.True(isSignedAnew || token != signed);
            return "refused";
        }

        // The signature is over these two parts. Its own last character has bits without a meaning.
        // A splice may make the other token.
        string[] parts = token.Split('.');
        Assert.Equal(3, parts.Length);
        Assert.Contains(
            (string[])[signed, _signed, _signedOther], issued => issued.StartsWith($"{parts[0]}.{parts[1]}.", StringComparison.Ordinal));
        AssertClaims(Base64Url.DecodeFromChars(parts[1]), accepted);
        return "accepted";
    }

    /// <summary>Header and claims of every kind, without a signature: it is checked after them.</summary>
    private string OfClaims(SeededNumbers numbers, Mutator mutator)
    {
        string header = Header(numbers, mutator), claims = Claims(numbers, mutator);
        string token = $"{Base64(header)}.{Base64(claims)}.{Base64("signature")}";
        if (LogoutTokenParts.Read(token, out var parts) is { } unreadable)
        {
            AssertDocumented(unreadable);
            return "unreadable";
        }

        var refusal = parts!.CheckHeader(["RS256"], requiresType: false)
            ?? parts.ReadClaims(_provider.Issuer, TestProvider.Client, _now, _settings, out _);
        if (refusal is not null)
        {
            AssertDocumented(refusal);
            return "claims refused";
        }

        Assert.Null(parts.ReadClaims(_provider.Issuer, TestProvider.Client, _now, _settings, out var read));
        Assert.Equal("RS256", JsonNode.Parse(Encoding.UTF8.GetBytes(header))!["alg"]!.GetValue<string>());
        AssertClaims(Encoding.UTF8.GetBytes(claims), read!);
        return "claims accepted";
    }

    private static void AssertDocumented(LogoutRefusal refusal) => Assert.Contains(refusal, s_documented);

    private void AssertClaims(byte[] json, LogoutToken token)
    {
        using var document = JsonDocument.Parse(json);
        var claims = document.RootElement.EnumerateObject().ToList();
        Assert.Distinct(claims.Select(static claim => claim.Name));
        Assert.Equal(_provider.Issuer, One("iss").GetString());
        var audience = One("aud");
        Assert.All(
            audience.ValueKind == JsonValueKind.Array ? audience.EnumerateArray().ToList() : [audience],
            static one => Assert.Equal(TestProvider.Client, one.GetString()));
        Assert.Equal(JsonValueKind.Object, One("events").GetProperty(Event).ValueKind);
        Assert.DoesNotContain(claims, static claim => claim.Name == "nonce");
        Assert.InRange(One("iat").GetDouble(), _now.ToUnixTimeSeconds() - 1000, _now.ToUnixTimeSeconds() + 1000);
        Assert.InRange(One("exp").GetDouble(), _now.ToUnixTimeSeconds() - 1000, double.MaxValue);
        Assert.Equal((One("jti").GetString(), _provider.Issuer), (token.Id, token.Issuer));
        Assert.Equal((Or("sid"), Or("sub")), (token.SessionId, token.Subject));
        Assert.False(token.SessionId is null && token.Subject is null);

        JsonElement One(string name) => claims.Single(claim => claim.Name == name).Value;

        string? Or(string name) => claims.Exists(claim => claim.Name == name) ? One(name).GetString() : null;
    }

    private string Header(SeededNumbers numbers, Mutator mutator)
    {
        var header = _provider.Header(numbers.Of((string[])["logout+jwt", "JWT", "application/logout+jwt", "LOGOUT+JWT", "at+jwt"]));
        if (numbers.Percent(30))
        {
            header["alg"] = numbers.Of(s_algorithms);
        }

        if (numbers.Percent(5))
        {
            header["crit"] = new JsonArray("exp");
        }

        string json = header.ToJsonString();
        return numbers.Percent(10) ? mutator.String(json, "{\"alg\":\"none\"}") : json;
    }

    private string Claims(SeededNumbers numbers, Mutator mutator)
    {
        var claims = _provider.Claims(now: _now);
        for (int i = numbers.Below(4); i > 0; i--)
        {
            string name = numbers.Of(s_claims);
            if (numbers.Percent(30))
            {
                claims.Remove(name);
            }
            else
            {
                claims[name] = Value(numbers, mutator);
            }
        }

        string json = claims.ToJsonString();
        return numbers.Below(10) switch
        {
            0 => mutator.String(json, "{\"sub\":\"x\",\"sub\":\"y\"}"),
            1 => $"{{\"{numbers.Of(s_claims)}\":\"first\",{json[1..]}",
            _ => json,
        };
    }

    private JsonNode? Value(SeededNumbers numbers, Mutator mutator) => numbers.Below(9) switch
    {
        0 => null,
        1 => JsonValue.Create(numbers.Of((double[])[0, -1, 1.5, 1e300, 2e11, _now.ToUnixTimeSeconds(), _now.ToUnixTimeSeconds() + 60.5])),
        2 => JsonValue.Create(_now.ToUnixTimeSeconds() + numbers.Below(4000) - 2000),
        3 => new JsonArray(TestProvider.Client),
        4 => new JsonArray(TestProvider.Client, "other"),
        5 => new JsonObject { [Event] = numbers.Percent(50) ? new JsonObject() : JsonValue.Create("{}") },
        6 => JsonValue.Create(new string('j', numbers.Of((int[])[1, 256, 257, 1024, 1025]))),
        7 => JsonValue.Create(string.Concat(mutator.AnyString(3).Where(static c => !char.IsSurrogate(c)))),
        _ => JsonValue.Create(numbers.Of((string[])["", TestProvider.Client, _provider.Issuer, _provider.Issuer + "/", "sub-alice"])),
    };

    private static string Base64(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
