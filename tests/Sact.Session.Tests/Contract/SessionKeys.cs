using System.Text.Json;
using CsCheck;

namespace Sact.Session.Tests;

/// <summary>Session keys as strings, as JSON, and the default key.</summary>
public sealed class SessionKeys
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    private static readonly string s_part = new('A', 24);

    private static readonly Gen<string> s_keys = Gen.Select(
        Gen.Char["abcxyz019_.-"].Array[1, 64], Gen.Char[Alphabet].Array[24], (prefix, part) => new string(prefix) + ":" + new string(part));

    [Fact]
    public void RoundTripThroughStringsAndJson() => s_keys.Sample(text =>
    {
        var key = SessionKey.Parse(text);
        Assert.Equal(text, key.ToString());
        Assert.Equal(text, key.Prefix + ":" + key.KeyPart);
        Assert.Equal(text.Substring(text.IndexOf(':', StringComparison.Ordinal) + 1, 3), key.RoutingTag);
        Assert.False(key.IsDefault);
        Assert.Equal(key, SessionKey.Parse(text.AsSpan()));
        Assert.Equal(key.GetHashCode(), SessionKey.Parse(text).GetHashCode());
        Assert.Equal($"\"{text}\"", JsonSerializer.Serialize(key));
        Assert.Equal(key, JsonSerializer.Deserialize<SessionKey>($"\"{text}\""));
    });

    [Fact]
    public void AreEqualOnlyIfEveryCharacterIsEqual() => Gen.Select(s_keys, Gen.Int[0, 23], Gen.Char[Alphabet]).Sample((text, at, other) =>
    {
        char[] changed = text.ToCharArray();
        changed[^(at + 1)] = other;
        var (one, two) = (SessionKey.Parse(text), SessionKey.Parse(new string(changed)));
        Assert.Equal(text == new string(changed), one == two);
        Assert.Equal(one != two, !one.Equals((object)two));
        Assert.NotEqual(one, SessionKey.Parse("q" + text[text.IndexOf(':', StringComparison.Ordinal)..]));
    });

    public static TheoryData<string> InvalidKeys =>
    [
        "", ":", "session", "session:", ":" + s_part, "session:" + s_part[1..], "session:" + s_part + "A", "Session:" + s_part,
        "ses sion:" + s_part, "ses:sion:" + s_part, " session:" + s_part,
        "session:" + s_part + " ", "session:" + s_part[1..] + "=", "session:" + s_part[1..] + "+", "session:" + s_part[1..] + "/",
        "session:" + s_part[1..] + "é", "session:" + s_part[1..] + "Ａ",
        new string('a', 65) + ":" + s_part, "sessioné:" + s_part, "session:user_id:alice", "session\0:" + s_part,
    ];

    [Theory]
    [MemberData(nameof(InvalidKeys))]
    [Trait("abuse", "C11")]
    public void InvalidStringsAreRefusedAndNotRepeatedInTheMessage(string text)
    {
        Assert.False(SessionKey.TryParse(text, null, out var key));
        Assert.True(key.IsDefault);
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<SessionKey>(JsonSerializer.Serialize(text)));
        var fault = Assert.Throws<FormatException>(() => SessionKey.Parse(text));
        Assert.True(text.Length < 10 || !fault.Message.Contains(text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("true")]
    public void JsonThatIsNotAStringIsRefused(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<SessionKey>(json));

    [Fact]
    [Trait("abuse", "C11")]
    public void TheDefaultKeyIsEmptyAndIsNeverSerialized()
    {
        SessionKey nothing = default;

        Assert.Equal(("", "", "", ""), (nothing.ToString(), nothing.Prefix, nothing.KeyPart, nothing.RoutingTag));
        Assert.NotEqual(nothing, SessionKey.Parse("session:" + s_part));
        Assert.Throws<JsonException>(() => JsonSerializer.Serialize(nothing));
        Assert.False(SessionKey.TryParse(null, null, out _));
        Assert.Throws<ArgumentNullException>("s", () => SessionKey.Parse(null!));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<SessionKey>("null"));
    }

    [Fact]
    public async Task TheDefaultKeyIsRefusedByEveryMethodThatTakesAKey()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync();

        await Assert.ThrowsAsync<ArgumentException>("key", () => host.Memory.GetAsync(default).AsTask());
        await Assert.ThrowsAsync<ArgumentException>("key", () => host.Request(id).Session.DeleteSessionAsync(default).AsTask());
        await Assert.ThrowsAsync<ArgumentException>("except", () =>
            host.Memory.DeleteActiveSessionsAsync("alice", default(SessionKey)).AsTask());
        Assert.Equal("alice", await host.WhoAsync(id));
    }

    [Fact]
    [Trait("abuse", "C10")]
    public async Task AKeyOfAnotherPrefixIsNeverFound()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync();
        var key = host.Memory.GetSessionKey(id);

        Assert.NotNull(await host.Memory.GetAsync(key));
        Assert.Null(await host.Memory.GetAsync(SessionKey.Parse("other:" + key.KeyPart)));
    }

    [Fact]
    public void ASecretHashComparesByItsBytesAndRevealsNothing()
    {
        byte[] bytes = [.. Enumerable.Range(1, 16).Select(i => (byte)i)];
        var hash = new SecretHash(bytes);

        Assert.Equal(bytes, hash.ToArray());
        Assert.Equal(hash, new SecretHash(hash.ToArray()));
        Assert.True(default(SecretHash).IsDefault);
        Assert.False(hash.IsDefault);
        for (int i = 0; i < bytes.Length; i++)
        {
            byte[] other = [.. bytes];
            other[i] ^= 0x80;
            Assert.True(hash != new SecretHash(other) && !hash.Equals((object)new SecretHash(other)));
        }

        Assert.Equal("SecretHash", hash.ToString());
        Assert.Equal("""{"IsDefault":false}""", JsonSerializer.Serialize(hash));
        Assert.Throws<ArgumentException>("bytes", () => new SecretHash(new byte[15]));
        Assert.Throws<ArgumentException>("bytes", () => new SecretHash(new byte[17]));
        Assert.Throws<ArgumentException>("destination", () => hash.CopyTo(new byte[15]));
    }
}
