using System.Security.Claims;
using System.Text;
using System.Text.Json;
using CsCheck;

namespace Sact.Session.Tests;

public sealed class StoredClaims
{
    [Fact]
    public void ComeBackUnchanged()
    {
        var actor = new ClaimsIdentity([new Claim("actor", "support")], "Support") { Actor = new ClaimsIdentity([new Claim("deep", "1")]) };
        var first = new ClaimsIdentity("Password", "name", "roles") { Label = "main", BootstrapContext = "token", Actor = actor };
        first.AddClaim(new Claim("name", "älice 😀 \"<>&+\u0000"));
        first.AddClaim(new Claim("roles", "admin", ClaimValueTypes.String, "issuer", "original"));
        first.AddClaim(new Claim("age", "7", ClaimValueTypes.Integer));
        first.AddClaim(new Claim("roles", ""));
        first.AddClaim(new Claim("with", "properties") { Properties = { ["a"] = "b", [""] = "c" } });
        var second = new ClaimsIdentity(
            [new Claim(ClaimTypes.NameIdentifier, "42", ClaimValueTypes.String, ClaimsIdentity.DefaultIssuer, "elsewhere")]);
        var principal = new ClaimsPrincipal([first, second]);

        var back = PrincipalJson.Read(PrincipalJson.Write(principal));

        Assert.Equal(Describe(principal), Describe(back));
        Assert.Equal("älice 😀 \"<>&+\u0000", back.Identity!.Name);
        Assert.True(back.IsInRole("admin"));
        Assert.False(back.Identities.Last().IsAuthenticated);
    }

    [Fact]
    public void AtRandomComeBackUnchanged() => Gen.String.Array.Array[1, 6].Array[0, 4].Sample(
        identities =>
        {
            var principal = new ClaimsPrincipal(identities.Select(claims => new ClaimsIdentity(
                claims.Where(parts => parts.All(SessionFieldRuleHolds)).Select(parts => new Claim(
                    parts.ElementAtOrDefault(0) ?? "t",
                    parts.ElementAtOrDefault(1) ?? "v",
                    parts.ElementAtOrDefault(2),
                    parts.ElementAtOrDefault(3),
                    parts.ElementAtOrDefault(4))),
                claims.Length % 2 == 0 ? "type" : null)));

            return Describe(principal) == Describe(PrincipalJson.Read(PrincipalJson.Write(principal)));
        },
        iter: 2_000);

    [Fact]
    public void OmitDefaultValues() =>
        Assert.Equal(
            """[{"type":"Cookies","claims":[["sub","42"],["n","1","http://www.w3.org/2001/XMLSchema#integer"],["r","x",null,"me",null]]}]"""
                .Replace(",null]", "]", StringComparison.Ordinal),
            Encoding.UTF8.GetString(PrincipalJson.Write(new ClaimsPrincipal(new ClaimsIdentity(
                [new Claim("sub", "42"), new Claim("n", "1", ClaimValueTypes.Integer), new Claim("r", "x", ClaimValueTypes.String, "me")],
                "Cookies"))).Span));

    [Fact]
    public void WithALoneSurrogateAreRefused() =>
        Assert.Throws<ArgumentException>(() => PrincipalJson.Write(new ClaimsPrincipal(new ClaimsIdentity([new Claim("sub", "a\ud800")]))));

    [Fact]
    public void WithTooManyNestedActorsAreRefused()
    {
        var identity = new ClaimsIdentity();
        for (int i = 0; i < 5; i++)
        {
            identity = new ClaimsIdentity { Actor = identity };
        }

        Assert.Contains(
            "actors",
            Assert.Throws<ArgumentException>(() => PrincipalJson.Write(new ClaimsPrincipal(identity))).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("[{}]")]
    [InlineData("""[{"claims":[["only"]]}]""")]
    [InlineData("""[{"claims":[[null,"v"]]}]""")]
    [InlineData("""[{"claims":["t"]}]""")]
    [InlineData("""[{"claims":[["t","v",1]]}]""")]
    [InlineData("""[{"type":1,"claims":[]}]""")]
    [InlineData("")]
    [Trait("abuse", "H2")]
    public void ThatAreUnreadableThrowAJsonException(string json) =>
        Assert.ThrowsAny<JsonException>(() => PrincipalJson.Read(Encoding.UTF8.GetBytes(json)));

    private static bool SessionFieldRuleHolds(string? text) => text is null || UnicodeRule.IsWellFormed(text);

    private static string Describe(ClaimsPrincipal principal) => string.Join("\n", principal.Identities.Select(Describe));

    private static string Describe(ClaimsIdentity identity) =>
        $"{identity.AuthenticationType}|{identity.NameClaimType}|{identity.RoleClaimType}|{identity.Label}|{identity.BootstrapContext}|"
        + $"({(identity.Actor is null ? "" : Describe(identity.Actor))})|"
        + string.Join(";", identity.Claims.Select(claim =>
            $"{claim.Type},{claim.Value},{claim.ValueType},{claim.Issuer},{claim.OriginalIssuer},"
            + string.Join("&", claim.Properties.Select(pair => pair.Key + "=" + pair.Value))));
}
