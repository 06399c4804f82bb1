using System.Text;

namespace Sact.Session.Tests;

/// <summary>A million random Cookie headers.</summary>
public sealed class RandomCookieHeaders
{
    private const int Many = 1_000_000;
    private const string Name = "__Host-sid";

    // Characters that break parsers, more frequent than in uniform random data.
    private const string Special = "=;,\"%\\ \t\0+/-_Aa0\u00e9\u0663\ud800\uffff";

    [Fact]
    [Trait("abuse", "A10")]
    public async Task NeverThrowAndNeverYieldAnIdThatWasNotSent()
    {
        var host = new SessionHost();
        var read = new CookieWriter(host.Options.Cookie, null, host.Options.Services.Telemetry);
        string real = await host.SignInAsync("alice");
        var random = new Random(20300101);
        var request = host.Request().Context.Request;
        char[] text = new char[160];
        byte[] bytes = new byte[SessionIdFormat.ByteLength];
        int accepted = 0;
        for (int i = 0; i < Many; i++)
        {
            string header = Next(random, text, real);
            request.Headers.Cookie = header;

            if (!read.TryRead(request, bytes))
            {
                continue;
            }

            // Every accepted id is in the header, letter for letter and in the right alphabet. So the real id is accepted only if it was
            // sent.
            accepted++;
            string id = SessionIdFormat.Encode(bytes);
            Assert.Contains(Name + "=" + id, header, StringComparison.Ordinal);
            Assert.All(id, c => Assert.True(char.IsAsciiLetterOrDigit(c) || c is '-' or '_'));
            Assert.True(SessionIdFormat.TryDecode(id, bytes));
        }

        // Some mutants are well-formed. Otherwise the loop would prove nothing.
        Assert.InRange(accepted, 1_000, Many / 2);
    }

    [Fact]
    [Trait("abuse", "A10")]
    public async Task MutantsOfARealIdSignNobodyIn()
    {
        var host = new SessionHost();
        string real = await host.SignInAsync("alice");
        var random = new Random(42);
        char[] text = new char[160];
        int wellFormed = 0;
        for (int i = 0; i < 20_000; i++)
        {
            string mutant = Mutant(random, text, real);
            if (mutant == real)
            {
                continue;
            }

            host.Store.Reset();
            Assert.Null(await host.Request(mutant).Session.GetAsync());
            wellFormed += host.Store.Count("get");
            Assert.Equal(0, host.Store.Count("update") + host.Store.Count("delete"));
        }

        Assert.NotEqual(0, wellFormed);
        Assert.Equal("alice", await host.WhoAsync(real));
    }

    private static string Next(Random random, char[] text, string real)
    {
        switch (random.Next(4))
        {
            case 0:
                // Bytes as a server passes them on: Latin-1.
                byte[] bytes = new byte[random.Next(text.Length)];
                random.NextBytes(bytes);
                return Encoding.Latin1.GetString(bytes);
            case 1:
                return Name + "=" + Mutant(random, text, real);
            case 2:
                return SpecialCharacters(random, text) + ";" + Name + "=" + Mutant(random, text, real) + SpecialCharacters(random, text);
            default:
                return SpecialCharacters(random, text) + Name + SpecialCharacters(random, text) + "=" + real;
        }
    }

    private static string Mutant(Random random, char[] text, string real)
    {
        int length = real.Length;
        real.CopyTo(0, text, 0, length);
        for (int times = random.Next(1, 4); times > 0; times--)
        {
            int at = random.Next(length);
            switch (random.Next(4))
            {
                case 0:
                    text[at] = Special[random.Next(Special.Length)];
                    break;
                case 1:
                    text[at] = real[random.Next(real.Length)];
                    break;
                case 2:
                    text[at] = char.IsAsciiLetter(text[at]) ? (char)(text[at] ^ 0x20) : (char)random.Next(0x80);
                    break;
                default:
                    Array.Copy(text, at, text, at + 1, length - at);
                    text[at] = Special[random.Next(Special.Length)];
                    length++;
                    break;
            }
        }

        return new string(text, 0, length);
    }

    private static string SpecialCharacters(Random random, char[] text)
    {
        int length = random.Next(8);
        for (int i = 0; i < length; i++)
        {
            text[i] = Special[random.Next(Special.Length)];
        }

        return new string(text, 0, length);
    }
}
