using System.Text;

namespace Sact.Session.Tests.Cookies;

/// <summary>A million Cookie headers that nobody would write.</summary>
public sealed class RandomHeaders
{
    private const int Many = 1_000_000;
    private const string Name = "__Host-sid";

    // What parsers trip over, far more often than chance would have it.
    private const string Spice = "=;,\"%\\ \t\0+/-_Aa0\u00e9\u0663\ud800\uffff";

    [Fact]
    [Trait("abuse", "A10")]
    public async Task NeitherThrowNorAliasARealId()
    {
        var bed = new Bed();
        var read = new CookieWriter(bed.Options.Cookie, null, bed.Options.Services.Telemetry);
        string real = await bed.SignInAsync("alice");
        var random = new Random(20300101);
        var request = bed.Request().Context.Request;
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

            // Whatever is accepted stands in the header letter for letter, in the one alphabet; and it is the real id only where the real id was sent.
            accepted++;
            string id = SessionIdFormat.Encode(bytes);
            Assert.Contains(Name + "=" + id, header, StringComparison.Ordinal);
            Assert.All(id, c => Assert.True(char.IsAsciiLetterOrDigit(c) || c is '-' or '_'));
            Assert.True(SessionIdFormat.TryDecode(id, bytes));
        }

        // Mutants that are well-formed are among them, or the loop would have proved nothing.
        Assert.InRange(accepted, 1_000, Many / 2);
    }

    [Fact]
    [Trait("abuse", "A10")]
    public async Task MutantsOfARealIdSignNobodyIn()
    {
        var bed = new Bed();
        string real = await bed.SignInAsync("alice");
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

            bed.Store.Reset();
            Assert.Null(await bed.Request(mutant).Session.GetAsync());
            wellFormed += bed.Store.Count("get");
            Assert.Equal(0, bed.Store.Count("update") + bed.Store.Count("delete"));
        }

        Assert.NotEqual(0, wellFormed);
        Assert.Equal("alice", await bed.WhoAsync(real));
    }

    private static string Next(Random random, char[] text, string real)
    {
        switch (random.Next(4))
        {
            case 0:
                // Bytes as a server hands them on: Latin-1.
                byte[] bytes = new byte[random.Next(text.Length)];
                random.NextBytes(bytes);
                return Encoding.Latin1.GetString(bytes);
            case 1:
                return Name + "=" + Mutant(random, text, real);
            case 2:
                return Spiced(random, text) + ";" + Name + "=" + Mutant(random, text, real) + Spiced(random, text);
            default:
                return Spiced(random, text) + Name + Spiced(random, text) + "=" + real;
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
                    text[at] = Spice[random.Next(Spice.Length)];
                    break;
                case 1:
                    text[at] = real[random.Next(real.Length)];
                    break;
                case 2:
                    text[at] = char.IsAsciiLetter(text[at]) ? (char)(text[at] ^ 0x20) : (char)random.Next(0x80);
                    break;
                default:
                    Array.Copy(text, at, text, at + 1, length - at);
                    text[at] = Spice[random.Next(Spice.Length)];
                    length++;
                    break;
            }
        }

        return new string(text, 0, length);
    }

    private static string Spiced(Random random, char[] text)
    {
        int length = random.Next(8);
        for (int i = 0; i < length; i++)
        {
            text[i] = Spice[random.Next(Spice.Length)];
        }

        return new string(text, 0, length);
    }
}
