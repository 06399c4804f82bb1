using System.Security.Claims;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Stores.Tests;

/// <summary>
/// An attacker has everything that a store holds, and the application's key ring too. Claims, tokens, stamps, tickets, metadata and
/// <c>HttpContext.Session</c> stay unreadable.
/// </summary>
[Trait("abuse", "K1")]
public sealed class StolenStores(SharedRedis redis, SharedPostgres postgres)
{
    // Each of these values is somewhere in a session. None may be in a dump, in whatever encoding. Names of fields are not sealed.
    private static readonly string[] s_canaries =
        ["canary-role", "canary-access-token", "CANARYSTAMP7F3A", "canary-metadata", "canary-item"];

    public static TheoryData<string, bool> Rows => new()
    {
        { "sqlite", false }, { "sqlite", true }, { "postgresql", false }, { "postgresql", true }, { "redis", false }, { "redis", true },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task HoldNothingThatCanBeReadOrComputed(string store, bool tickets)
    {
        string folder = Directory.CreateTempSubdirectory("sact-stolen-").FullName;
        string prefix = "stolen-" + Guid.NewGuid().ToString("N");
        try
        {
            var keys = new DirectoryInfo(Path.Combine(folder, "keys"));
            SessionKey ticket;
            await using (var app = await StartAsync(store, tickets, folder, prefix, keys))
            {
                using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
                Assert.Equal("ok", await client.GetStringAsync(new Uri("/in", UriKind.Relative)));
                Assert.Equal(
                    tickets ? "canary-role canary-access-token" : "canary-role canary-access-token canary-metadata canary-item",
                    await client.GetStringAsync(new Uri("/all", UriKind.Relative)));
                ticket = await KeyOfAliceAsync(app.Services.GetRequiredService<IGenericStore>());
            }

            byte[] dump = await DumpAsync(store, folder, prefix);

            // The dump is real: the user id is in it.
            Assert.True(Holds(dump, Encoding.UTF8.GetBytes("alice-of-the-dump")), "The dump does not hold the session.");
            byte[] ring = [.. keys.Exists ? keys.EnumerateFiles().SelectMany(file => File.ReadAllBytes(file.FullName)) : []];
            Assert.NotEmpty(ring);
            foreach (string canary in s_canaries)
            {
                foreach (byte[] form in Forms(canary))
                {
                    Assert.False(Holds(dump, form), $"{canary} is in the dump.");
                }
            }

            if (tickets)
            {
                // The application's key ring opens no ticket.
                string opened = Opened(dump, DataProtectionProvider.Create(keys, ring => ring.SetApplicationName(prefix)), ticket);
                Assert.DoesNotContain(s_canaries, canary => opened.Contains(canary, StringComparison.Ordinal));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<byte[]> Forms(string canary)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(canary);
        yield return utf8;
        yield return Encoding.Unicode.GetBytes(canary);
        yield return Encoding.ASCII.GetBytes(Convert.ToHexString(utf8));
        yield return Encoding.ASCII.GetBytes(Convert.ToHexStringLower(utf8));

        // Base64 of a part depends on where it begins, so all three are tried, without the characters at their ends.
        for (int shift = 0; shift < 3; shift++)
        {
            string encoded = Convert.ToBase64String([.. new byte[shift], .. utf8]);
            yield return Encoding.ASCII.GetBytes(encoded[(shift == 0 ? 0 : 4)..^4]);
        }
    }

    private static bool Holds(byte[] dump, byte[] part) => dump.AsSpan().IndexOf(part) >= 0;

    private static async Task<SessionKey> KeyOfAliceAsync(IGenericStore store)
    {
        await foreach (var session in store.GetActiveSessionsAsync("alice-of-the-dump"))
        {
            return session.Key;
        }

        throw new InvalidOperationException("Nobody is signed in.");
    }

    /// <summary>
    /// What the key ring opens of the words of a dump, with the purpose under which the ticket store once protected tickets.
    /// </summary>
    private static string Opened(byte[] dump, IDataProtectionProvider provider, SessionKey ticket)
    {
        var opened = new StringBuilder();
        var protector = provider.CreateProtector("Sact.Session.Ticket.v1", "Cookies", ticket.ToString());
        foreach (string word in Encoding.Latin1.GetString(dump).Split('"').Where(word => word.Length > 60))
        {
            try
            {
                opened.Append(Encoding.Latin1.GetString(protector.Unprotect(Convert.FromBase64String(word))));
            }
            catch (Exception fault) when (fault is FormatException or System.Security.Cryptography.CryptographicException)
            {
                continue;
            }
        }

        return opened.ToString();
    }

    private async Task<byte[]> DumpAsync(string store, string folder, string prefix)
    {
        switch (store)
        {
            case "sqlite":
                return [.. Directory.GetFiles(folder, "sessions.db*").SelectMany(File.ReadAllBytes)];
            case "postgresql":
                var server = await postgres.GetAsync();
                string rows = (string)(await server.ScalarAsync(
                    "SELECT string_agg(t::text || encode(record, 'escape') || coalesce(user_id, ''), '') FROM sact_sessions AS t "
                    + $"WHERE prefix = '{prefix}'"))!;
                return Encoding.Latin1.GetBytes(rows);
            default:
                var bytes = new List<byte>();
                var database = (await redis.GetAsync()).Database;
                foreach (string key in (string[])(await database.ExecuteAsync("KEYS", prefix + "*"))!)
                {
                    bytes.AddRange(Encoding.UTF8.GetBytes(key));
                    bytes.AddRange((byte[]?)await database.KeyDumpAsync(key) ?? []);
                    bytes.AddRange(
                        await database.KeyTypeAsync(key) == StackExchange.Redis.RedisType.String
                            ? (byte[])(await database.StringGetAsync(key))!
                            : []);
                }

                return [.. bytes];
        }
    }

    private async Task<WebApplication> StartAsync(string store, bool tickets, string folder, string prefix, DirectoryInfo keys)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddLogging().AddRouting().AddAuthorization();
        builder.Services.AddDataProtection().PersistKeysToFileSystem(keys).SetApplicationName(prefix);
        var sessions = builder.Services.AddSactSession(options =>
        {
            (options.SealMetadata, options.CaptureClient) = (true, true);
            options.Cookie.SecurePolicy = CookieSecurePolicy.None;
            options.Cookie.Name = "sid";
        });
        _ = store switch
        {
            "sqlite" => sessions.UseSqlite($"Data Source={Path.Combine(folder, "sessions.db")}", options => options.Prefix = prefix),
            "postgresql" => sessions.UsePostgreSql((await postgres.GetAsync()).ConnectionString, options => options.Prefix = prefix),
            _ => sessions.UseRedis((await redis.GetAsync()).Configuration, options => options.Prefix = prefix),
        };
        if (tickets)
        {
            builder.Services.AddAuthentication("Cookies").AddCookie(options => options.Cookie.SecurePolicy = CookieSecurePolicy.None)
                .AddSactTicketStore("Cookies");
        }
        else
        {
            sessions.AddHttpContextSession();
            builder.Services.AddAuthentication().AddSactSession();
        }

        var app = builder.Build();
        app.UseAuthentication();
        app.MapGet("/in", async (HttpContext context, ISactSession session) =>
        {
            var identity = new ClaimsIdentity(
                [
                    new Claim(ClaimTypes.NameIdentifier, "alice-of-the-dump"),
                    new Claim(ClaimTypes.Role, "canary-role"),
                    new Claim("AspNet.Identity.SecurityStamp", "CANARYSTAMP7F3A"),
                ],
                "test");
            var properties = new AuthenticationProperties();
            properties.StoreTokens([new AuthenticationToken { Name = "access_token", Value = "canary-access-token" }]);
            await context.SignInAsync(new ClaimsPrincipal(identity), properties);
            if (!tickets)
            {
                await session.UpdateAsync(new JsonObject { ["x"] = "canary-metadata" });
                context.Session.SetString("basket", "canary-item");
                await session.RenewAsync(immediately: true);
            }

            await context.Response.WriteAsync("ok");
        });
        app.MapGet("/all", async (HttpContext context, ISactSession session) =>
        {
            string all = context.User.FindFirstValue(ClaimTypes.Role) + " " + await context.GetTokenAsync("access_token");
            await context.Response.WriteAsync(tickets
                ? all
                : $"{all} {(await session.GetAsync())!["x"]} {context.Session.GetString("basket")}");
        });
        await app.StartAsync();
        return app;
    }
}
