using System.Security.Cryptography;
using System.Text;

namespace Sact.Session.Tests;

/// <summary>The key of a session's sealed values.</summary>
public sealed class DataKeys
{
    private static readonly byte[] s_json = "\"a secret\""u8.ToArray();

    private readonly byte[] _id = RandomNumberGenerator.GetBytes(SessionIdFormat.ByteLength);
    private readonly SessionRecord _record = new RandomRecords(30).Next() with
    {
        PendingHash = null,
        PendingSince = null,
        PreviousHash = null,
        CurrentKey = null,
        PendingKey = null,
        PreviousKey = null,
    };

    [Fact]
    [Trait("abuse", "K1")]
    public void OpenWithTheIdThatTheyWereWrappedForAndWithNoOther()
    {
        var key = DataKey.Create(_record.Key);
        var record = _record with { CurrentHash = SessionIdFormat.HashOfId(_id), CurrentKey = key.Wrap(_id) };
        byte[] sealedJson = key.Seal("name", s_json);

        Assert.True(DataKey.Unwrap(record, _id)!.TryOpen("name", sealedJson, out byte[]? opened));
        Assert.Equal(s_json, opened);
        for (int bit = 0; bit < 8 * SessionIdFormat.ByteLength; bit++)
        {
            byte[] other = [.. _id];
            other[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Null(DataKey.Unwrap(record, other));

            // Even if the hash were not compared, the pad would be another.
            var forced = record with { CurrentHash = SessionIdFormat.HashOfId(other) };
            Assert.False(DataKey.Unwrap(forced, other)!.TryOpen("name", sealedJson, out _));
        }
    }

    [Fact]
    [Trait("abuse", "B10")]
    public void OpenNothingThatWasMovedOrChanged()
    {
        var key = DataKey.Create(_record.Key);
        var record = _record with { CurrentHash = SessionIdFormat.HashOfId(_id), CurrentKey = key.Wrap(_id) };
        byte[] sealedJson = key.Seal("name", s_json);

        Assert.False(key.TryOpen("other", sealedJson, out _));
        Assert.False(key.TryOpen("Name", sealedJson, out _));
        var elsewhere = DataKey.Unwrap(record with { Key = new RandomRecords(31).Next().Key }, _id)!;
        Assert.False(elsewhere.TryOpen("name", sealedJson, out _));
        Assert.False(DataKey.Create(_record.Key).TryOpen("name", sealedJson, out _));
        for (int i = 1; i < sealedJson.Length - 1; i++)
        {
            byte[] changed = [.. sealedJson];
            changed[i] = changed[i] == (byte)'A' ? (byte)'B' : (byte)'A';
            Assert.False(key.TryOpen("name", changed, out _), $"A value with another character at {i} was opened.");
            Assert.False(key.TryOpen("name", sealedJson.AsSpan(0, i), out _));
        }

        foreach (string foreign in (string[])["", "\"", "\"\"", "null", "{}", "\"not sealed\"", "\"" + new string('A', 37) + "\""])
        {
            Assert.False(key.TryOpen("name", Encoding.UTF8.GetBytes(foreign), out _));
        }
    }

    [Fact]
    public void SealTheSameValueDifferentlyEachTime()
    {
        var key = DataKey.Create(_record.Key);
        var values = Enumerable.Range(0, 1000).Select(_ => Encoding.ASCII.GetString(key.Seal("name", s_json))).ToList();
        Assert.Equal(1000, values.Distinct().Count());
        Assert.Equal(1000, values.Select(value => value[1..17]).Distinct().Count());
    }

    /// <summary>Another node of the same or a later version must open it, so neither the derivation nor the form ever changes.</summary>
    [Fact]
    public void OfVersionOneOpenWhatWasSealedByIt()
    {
        byte[] id = [.. Enumerable.Range(0, SessionIdFormat.ByteLength).Select(i => (byte)i)];
        var sessionKey = SessionKey.Parse("session:AAECAwQFBgcICQoLDA0ODxAR");
        byte[] dataKey = [.. Enumerable.Repeat((byte)7, WrappedKey.Size)];
        byte[] pad = HKDF.DeriveKey(HashAlgorithmName.SHA256, id, WrappedKey.Size, [], "Sact.Session data key v1"u8.ToArray());
        var record = _record with
        {
            Key = sessionKey,
            CurrentHash = new SecretHash(SHA256.HashData(id).AsSpan(0, SecretHash.Size)),
            CurrentKey = WrappedKey.FromBytes([.. dataKey.Zip(pad, (a, b) => (byte)(a ^ b))]),
        };
        byte[] nonce = [.. Enumerable.Repeat((byte)9, 12)];
        byte[] cipherText = new byte[s_json.Length];
        byte[] tag = new byte[16];
        using (var cipher = new AesGcm(dataKey, tag.Length))
        {
            cipher.Encrypt(nonce, s_json, cipherText, tag, "session:AAECAwQFBgcICQoLDA0ODxAR\0$claims"u8);
        }

        string sealedJson = "\"" + System.Buffers.Text.Base64Url.EncodeToString([.. nonce, .. cipherText, .. tag]) + "\"";

        Assert.True(DataKey.Unwrap(record, id)!.TryOpen("$claims", Encoding.ASCII.GetBytes(sealedJson), out byte[]? opened));
        Assert.Equal(s_json, opened);
    }

    [Fact]
    [Trait("abuse", "J4")]
    public void RevealNothingAsStrings()
    {
        var key = DataKey.Create(_record.Key);
        Assert.Equal("DataKey", key.ToString());
        Assert.Equal("WrappedKey", key.Wrap(_id).ToString());
        Assert.Equal("{}", System.Text.Json.JsonSerializer.Serialize(key.Wrap(_id)));
    }
}
