using System.Buffers.Binary;
using System.Buffers.Text;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Sact.Session.Tests;

/// <summary>An attacker has everything that the store holds, and cannot replay it as a cookie.</summary>
[Trait("abuse", "C3")]
public sealed class StolenDump
{
    private const BindingFlags DeclaredFields =
        BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    [Fact]
    public async Task HoldsNoPartOfAnySecret()
    {
        var (host, ids) = await RotatedSessions();
        var dump = Dump(host.Memory);

        // The dump is real: it holds the key parts, which are public.
        Assert.All(ids, id => Assert.True(Holds(dump, Base64Url.DecodeFromChars(id).AsSpan(0, 8).ToArray())));

        // Any six bytes of lineage and rotor, as bytes or as a string. Six, because the lineage has six.
        Assert.All(ids, id =>
        {
            byte[] secret = Base64Url.DecodeFromChars(id)[18..];
            for (int at = 0; at + 6 <= secret.Length; at++)
            {
                Assert.False(Holds(dump, secret[at..(at + 6)]), "Bytes of a secret are in the dump.");
            }

            for (int at = 24; at + 8 <= id.Length; at++)
            {
                Assert.False(Holds(dump, Encoding.ASCII.GetBytes(id[at..(at + 8)])), "Characters of a secret are in the dump.");
                Assert.False(Holds(dump, Encoding.Unicode.GetBytes(id[at..(at + 8)])), "Characters of a secret are in the dump.");
            }
        });
    }

    [Fact]
    public async Task YieldsNoCookieThatSignsIn()
    {
        var (host, ids) = await RotatedSessions();
        var keys = new List<string>();
        var hashes = new List<byte[]>();
        await foreach (var record in host.Memory.GetActiveSessionsAsync("alice"))
        {
            keys.Add(record.Key.KeyPart);
            hashes.Add(record.LineageHash.ToArray());
            hashes.Add(record.CurrentHash.ToArray());
            hashes.AddRange(new[] { record.PendingHash, record.PreviousHash }.OfType<SecretHash>().Select(hash => hash.ToArray()));
        }

        Assert.Equal(2 * 4, hashes.Count);
        var tried = new HashSet<string>();
        foreach (byte[] one in hashes)
        {
            foreach (byte[] other in hashes)
            {
                // Plain, as hex, and in every form that has the length of an id, with each key.
                byte[] both = [.. one, .. other];
                tried.UnionWith([Base64Url.EncodeToString(one), Convert.ToBase64String(one), Convert.ToHexString(one)]);
                tried.UnionWith([Base64Url.EncodeToString(both), Convert.ToHexString(both)]);
                tried.Add(Base64Url.EncodeToString([.. both, .. one.AsSpan(0, 10)]));
                tried.UnionWith(keys.Select(key => key + Base64Url.EncodeToString(both.AsSpan(0, 24))));
                tried.UnionWith(keys.Select(key => key + Base64Url.EncodeToString([.. one.AsSpan(0, 6), .. other, .. one.AsSpan(0, 2)])));
            }
        }

        Assert.True(tried.Count(cookie => cookie.Length == 56) > 100);
        foreach (string cookie in tried)
        {
            Assert.Null(await host.Request(cookie).Session.GetAnyAsync());
        }

        Assert.Equal("alice", await host.WhoAsync(ids[^1]));
        Assert.Equal(0, host.EventCount(4));
    }

    /// <summary>Two sessions of alice with their previous, current and pending ids.</summary>
    private static async Task<(SessionHost Host, List<string> Ids)> RotatedSessions()
    {
        var host = new SessionHost();
        var ids = new List<string>();
        for (int i = 0; i < 2; i++)
        {
            string previous = await host.SeenAsync("alice", new() { ["role"] = "admin" });
            string current = await host.RotateAsync(previous);
            host.Clock.Advance(RenewalTimes.Grace);
            ids.AddRange([previous, current, (await host.RenewAsync(current))!]);
        }

        return (host, ids);
    }

    private static bool Holds(List<byte[]> dump, byte[] part) => dump.Any(blob => blob.AsSpan().IndexOf(part) >= 0);

    /// <summary>
    /// Every field of every object that the store reaches, as bytes: strings, arrays and, per structure, numbers in both byte orders.
    /// </summary>
    private static List<byte[]> Dump(MemoryStore store)
    {
        var blobs = new List<byte[]>();
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        object table = typeof(MemoryStore).GetField("_table", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(store)!;
        foreach (string field in new[] { "_records", "_users", "_budget" })
        {
            Walk(table.GetType().GetField(field, BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(table)!);
        }

        return blobs;

        void Walk(object found)
        {
            RuntimeHelpers.EnsureSufficientExecutionStack();
            var type = found.GetType();
            if (found is string text)
            {
                blobs.Add(Encoding.UTF8.GetBytes(text));
            }
            else if (found is byte[] bytes)
            {
                blobs.Add(bytes);
            }
            else if (found is Array array)
            {
                if (seen.Add(found) && !type.GetElementType()!.IsPrimitive)
                {
                    foreach (object? element in array)
                    {
                        if (element is not null)
                        {
                            Walk(element);
                        }
                    }
                }
            }
            else if (found is not (Type or Delegate or Thread or Pointer)
                && !type.IsEnum
                && !type.IsPrimitive
                && type.Namespace?.StartsWith("Microsoft.Extensions", StringComparison.Ordinal) != true
                && (type.IsValueType || seen.Add(found)))
            {
                WalkFields(found, type);
            }
        }

        void WalkFields(object found, Type type)
        {
            // Adjacent numbers are joined, so that a hash or a key in two fields is found whole.
            var big = new List<byte>();
            var little = new List<byte>();
            for (var level = type; level is not null; level = level.BaseType)
            {
                foreach (var field in level.GetFields(DeclaredFields))
                {
                    object? value = field.GetValue(found);
                    byte[]? number = value switch
                    {
                        ulong wide => Bytes(wide),
                        long wide => Bytes(unchecked((ulong)wide)),
                        ushort narrow => [(byte)(narrow >> 8), (byte)narrow],
                        _ => null,
                    };
                    if (number is not null)
                    {
                        big.AddRange(number);
                        little.AddRange(number.Reverse());
                    }
                    else if (value is not null)
                    {
                        Walk(value);
                    }
                }
            }

            blobs.Add([.. big]);
            blobs.Add([.. little]);
        }
    }

    private static byte[] Bytes(ulong value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }
}
