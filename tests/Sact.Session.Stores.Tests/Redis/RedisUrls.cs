using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;
using static Sact.Session.Stores.Tests.PostgreSqlStores;
using static Sact.Session.Stores.Tests.RedisStores;

namespace Sact.Session.Stores.Tests;

public sealed class RedisUrls
{
    private const string Odd = "p@ss:w/o?r#d,% é=";

    [Theory]
    [InlineData("redis://127.0.0.1:{port}", "")]
    [InlineData("redis://127.0.0.1:{port}/", "")]
    [InlineData("redis://:{password}@127.0.0.1:{port}", "")]
    [InlineData("REDIS://default:{password}@127.0.0.1:{port}/3", "3")]
    [InlineData("redis://{user}:{odd}@127.0.0.1:{port}/0", "0")]
    [InlineData("redis://{user}:{odd}@[::1]:{port}/15", "15")]
    [InlineData(" redis://{user}:{odd}@localhost:{port} ", "")]
    [Trait("abuse", "K24")]
    public async Task AreAccepted(string url, string database)
    {
        bool open = !url.Contains('@', StringComparison.Ordinal);
        await using var server = await RedisServer.StartAsync("--bind", "127.0.0.1", "-::1");
        await server.Behind.ExecuteAsync("ACL", "SETUSER", "a@user", "on", ">" + Odd, "~*", "&*", "+@all");
        if (open)
        {
            await server.Behind.ConfigSetAsync("requirepass", "");
        }

        await using var store = OpenRedis(url
            .Replace("{port}", $"{server.Port}", StringComparison.Ordinal)
            .Replace("{password}", RedisServer.Password, StringComparison.Ordinal)
            .Replace("{user}", Uri.EscapeDataString("a@user"), StringComparison.Ordinal)
            .Replace("{odd}", Uri.EscapeDataString(Odd), StringComparison.Ordinal));
        var session = NewSession(store);

        await store.CreateAsync(session);

        Assert.NotNull(await store.GetAsync(session.Key));
        int number = database.Length == 0 ? 0 : int.Parse(database, null);
        Assert.True(await server.Behind.Multiplexer.GetDatabase(number).KeyExistsAsync(RedisSubject.NameOf(session.Key)));
    }

    [Theory]
    [InlineData("redis://redis.invalid", "redis.invalid:6379")]
    [InlineData("rediss://redis.invalid", "redis.invalid:6379")]
    [InlineData("redis://redis.invalid:1234/2", "redis.invalid:1234")]
    [Trait("abuse", "K24")]
    public async Task HaveTheDefaultPort(string url, string address)
    {
        await using var store = OpenRedis(url);

        var fault = await Assert.ThrowsAsync<SessionStoreException>(async () => await store.GetAsync(NewSession(store).Key));

        Assert.Contains(address, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rediss", 0x16)]
    [InlineData("RedisS", 0x16)]
    [InlineData("redis", '*')]
    [Trait("abuse", "K24")]
    public async Task UseTlsWhereTheSchemeSaysSo(string scheme, byte first)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var store = OpenRedis($"{scheme}://:{RedisServer.Password}@{listener.LocalEndpoint}");

        var call = store.GetAsync(NewSession(store).Key);

        using var client = await listener.AcceptTcpClientAsync();
        byte[] received = new byte[1];
        await client.GetStream().ReadExactlyAsync(received);
        Assert.Equal(first, received[0]);
        await Assert.ThrowsAsync<SessionStoreException>(async () => await call);
    }

    [Theory]
    [InlineData("redis://", "host")]
    [InlineData("redis:///1", "host")]
    [InlineData("redis://:6379", "host")]
    [InlineData("redis://:secretword@", "host")]
    [InlineData("redis://:secretword@:6379", "host")]
    [InlineData("redis://secretword@localhost", "redis://:password@host")]
    [InlineData("redis://alice:@localhost", "password")]
    [InlineData("redis://:@localhost", "password")]
    [InlineData("redis://alice:secretword@localhost:0", "port")]
    [InlineData("redis://alice:secretword@localhost:65536", "port")]
    [InlineData("redis://alice:secretword@localhost:+1", "port")]
    [InlineData("redis://alice:secretword@localhost:", "port")]
    [InlineData("redis://alice:secretword@localhost:1:2", "IPv6")]
    [InlineData("redis://alice:secretword@::1", "IPv6")]
    [InlineData("redis://alice:secretword@[::1", "IPv6")]
    [InlineData("redis://alice:secretword@[127.0.0.1]", "IPv6")]
    [InlineData("redis://alice:secretword@[::1]6379", "port")]
    [InlineData("redis://alice:secret/word@localhost", "percent-encoded")]
    [InlineData("redis://alice:secret?word@localhost", "percent-encoded")]
    [InlineData("redis://alice:secret#word@localhost", "percent-encoded")]
    [InlineData("redis://alice:secretword%zz@localhost", "percent")]
    [InlineData("redis://alice:secretword%2@localhost", "percent")]
    [InlineData("redis://alice:secretword%ff@localhost", "percent")]
    [InlineData("redis://alice:secretword@local%20host", "host")]
    [InlineData("redis://alice:secretword@local host", "host")]
    [InlineData("redis://localhost/secretword", "database")]
    [InlineData("redis://localhost/-1", "database")]
    [InlineData("redis://localhost/1/", "database")]
    [InlineData("redis://localhost/99999999999", "database")]
    [InlineData("redis://localhost?password=secretword", "?")]
    [InlineData("redis://localhost/1?ssl=true&password=secretword", "?")]
    [InlineData("redis://localhost/1#secretword", "#")]
    [InlineData("redis://localhost:6379,password=secretword", "comma")]
    [InlineData("redis://localhost,redis://secretword", "comma")]
    [InlineData("localhost,redis://secretword", "URL")]
    [InlineData("http://secretword", "scheme")]
    [InlineData("unix:///secretword", "scheme")]
    [InlineData("redis:/localhost,password=secretword", "redis://")]
    [InlineData("redis:secretword", "redis://")]
    [Trait("abuse", "K24")]
    public void ThatAreMalformedAreRefusedWithTheReasonAndWithoutBeingRepeated(string url, string reason) => IsRefused(url, reason);

    [Theory]
    [InlineData("localhost:6379,passwort=secretword", "part 2 of 2")]
    [InlineData("localhost:6379,ssl=secretword", "'ssl'")]
    [InlineData("localhost:6379,connectTimeout=secretword,ssl=true", "'connectTimeout'")]
    [InlineData("localhost:6379;password=secretword", "part 1 of 1")]
    [InlineData("localhost:6379 password=secretword", "part 1 of 1")]
    [InlineData("alice:secretword@localhost:6379", "@")]
    [InlineData("localhost:6379,secretword@localhost", "@")]
    [InlineData("localhost:6379,secret word", "part 2 of 2")]
    [InlineData("localhost:6379,p=w,secret$word", "part 2 of 3")]
    [InlineData("password=secretword", "names no server")]
    [Trait("abuse", "K24")]
    public void AndOtherConnectionStringsToo(string configuration, string reason) => IsRefused(configuration, reason);

    [Fact]
    public void ThatAreMissingNameTheStoreAndWhatToDo()
    {
        var builder = new ServiceCollection().AddSactSession();
        foreach (var refusal in new[]
        {
            Assert.Throws<ArgumentNullException>(() => builder.UseRedis((string)null!)),
            Assert.Throws<ArgumentNullException>(() => builder.UseRedis((IConnectionMultiplexer)null!)),
            Assert.Throws<ArgumentNullException>(() => builder.UseRedis((Action<IServiceProvider, RedisStoreOptions>)null!)),
        })
        {
            Assert.Contains("UseRedis", refusal.Message, StringComparison.Ordinal);
            Assert.Contains("localhost:6379", refusal.Message, StringComparison.Ordinal);
        }

        var missing = Assert.Throws<ArgumentNullException>(() => builder.UseRedis((string)null!));
        Assert.Contains("GetConnectionString", missing.Message, StringComparison.Ordinal);
        Assert.Equal("configuration", missing.ParamName);
        foreach (string? none in new[] { null, "", " " })
        {
            var refusal = Assert.Throws<ArgumentException>(() => OpenRedis(none!));
            Assert.Contains("RedisStoreOptions.Configuration", refusal.Message, StringComparison.Ordinal);
            Assert.Contains("GetConnectionString", refusal.Message, StringComparison.Ordinal);
        }
    }

    private static void IsRefused(string configuration, string reason)
    {
        var refusal = Assert.Throws<ArgumentException>(() => OpenRedis(configuration));

        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("RedisStoreOptions.Configuration", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refusal.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("word@localhost", refusal.ToString(), StringComparison.Ordinal);
    }
}
