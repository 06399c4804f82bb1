using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Tests.Fuzzing;

/// <summary>
/// Sealed fields, wrapped keys and ids, changed in a few bytes. A field opens as what was sealed, under its name, in its session, or not
/// at all.
/// </summary>
[Trait("seeds", "fuzzing")]
[Trait("abuse", "K1")]
public sealed class FuzzedSealedData
{
    private static readonly FakeTimeProvider s_clock = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private readonly SactSessionOptions _options = new() { TimeProvider = s_clock, SealMetadata = true };

    [Fact]
    public Task OpensAsItWasSealedOrNotAtAll() =>
        FuzzRun.RunAsync("sealed data", OneAsync, ["opened", "refused", "without key", "fault", "absent", "whole"]);

    private async ValueTask<string> OneAsync(SeededNumbers numbers) =>
        numbers.Percent(60) ? OfField(numbers, new Mutator(numbers)) : await OfRecordAsync(numbers, new Mutator(numbers));

    private static string OfField(SeededNumbers numbers, Mutator mutator)
    {
        var store = new MemoryStore();
        string id = store.CreateSessionId(), otherId = store.CreateSessionId();
        var key = store.GetSessionKey(id);
        var dataKey = DataKey.Create(key);
        string name = numbers.Of((string[])["$claims", "cart", "a", "名前"]);
        byte[] json = Encoding.UTF8.GetBytes($"\"{new string('v', numbers.Below(60))}\"");
        byte[] value = dataKey.Seal(name, json);
        byte[] other = numbers.Percent(50) ? dataKey.Seal(name + "x", json) : DataKey.Create(store.GetSessionKey(otherId)).Seal(name, json);
        byte[] wrapped = new byte[WrappedKey.Size];
        dataKey.Wrap(id).CopyTo(wrapped);
        bool changesKey = numbers.Percent(15), changesName = numbers.Percent(15);
        byte[] usedKey = changesKey ? mutator.Bytes(wrapped, numbers.Bytes(WrappedKey.Size)) : wrapped;
        if (usedKey.Length != WrappedKey.Size)
        {
            Assert.Throws<ArgumentException>(() => WrappedKey.FromBytes(usedKey));
            return "without key";
        }

        byte[] idBytes = new byte[SessionIdFormat.ByteLength];
        SessionIdFormat.Decode(numbers.Percent(10) ? otherId : id, idBytes);
        var record = new SessionRecord
        {
            Key = key,
            State = SessionState.Anonymous,
            LineageHash = SessionIdFormat.HashOf(otherId),
            CurrentHash = SessionIdFormat.HashOf(id),
            CurrentKey = WrappedKey.FromBytes(usedKey),
            CreatedAt = s_clock.GetUtcNow(),
            LastSeenAt = s_clock.GetUtcNow(),
            Lifetimes = new SessionLifetimes(TimeSpan.FromHours(1), TimeSpan.FromHours(1), TimeSpan.FromHours(1)),
        };
        if (DataKey.Unwrap(record, idBytes) is not { } unwrapped)
        {
            return "without key";
        }

        byte[] sealedValue = numbers.Percent(70) ? mutator.Bytes(value, other) : value;
        string usedName = changesName ? mutator.String(name, "$stamp") : name;
        if (!unwrapped.TryOpen(usedName, sealedValue, out byte[]? opened))
        {
            Assert.False(sealedValue.AsSpan().SequenceEqual(value) && usedName == name && usedKey.AsSpan().SequenceEqual(wrapped));
            return "refused";
        }

        Assert.Equal((name, Convert.ToHexString(wrapped)), (usedName, Convert.ToHexString(usedKey)));
        Assert.Equal(Convert.ToHexString(json), Convert.ToHexString(opened));
        return "opened";
    }

    /// <summary>A whole record is changed in the store, with a right checksum, and the cookie is right too.</summary>
    private async ValueTask<string> OfRecordAsync(SeededNumbers numbers, Mutator mutator)
    {
        var store = new PackedStore(s_clock);
        var signingIn = Request(store, null);
        await signingIn.SetAsync("alice", new() { ["who"] = "alice", ["cart"] = "a,b" });
        var other = Request(store, null);
        await other.SetAsync("bob", new() { ["who"] = "bob", ["cart"] = "c" });
        SessionKey key = signingIn.GetKey(), otherKey = other.GetKey();
        byte[] bytes = mutator.Bytes(store[key]!, store[otherKey]!);
        if (numbers.Percent(80) && bytes.Length >= RecordHeader.ChecksumLength)
        {
            RecordHeader.WriteChecksum(key, bytes);
        }

        store[key] = bytes;
        var session = Request(store, signingIn.SessionId);
        try
        {
            if (await session.GetAsync() is not { } data)
            {
                return "absent";
            }

            // Whoever writes to the store can change what is open there. What is sealed, nobody can.
            var stored = SessionRecord.Unpack(key, bytes).Fields;
            foreach (var (name, value) in data.Fields.Where(field => stored.Contains(SealedFields.Prefix + field.Key)))
            {
                Assert.Equal(name == "who" ? "\"alice\"" : name == "cart" ? "\"a,b\"" : "none", Encoding.UTF8.GetString(value.Span));
            }

            return "whole";
        }
        catch (SessionStoreException)
        {
            return "fault";
        }
    }

    private Session<PackedStore> Request(PackedStore store, string? id)
    {
        var context = new DefaultHttpContext { Request = { Scheme = "https", Host = new HostString("example.test") } };
        context.Request.Headers.Cookie = id is null ? default : $"__Host-sid={id}";
        return new Session<PackedStore>(context.Request, context.Response, store, _options);
    }
}
