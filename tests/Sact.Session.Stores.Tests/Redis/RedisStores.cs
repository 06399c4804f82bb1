using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using static Sact.Session.Stores.Tests.PostgreSqlStores;

namespace Sact.Session.Stores.Tests;

/// <summary>Stores over a server that speaks Redis, each with a prefix of its own unless told otherwise.</summary>
internal static class RedisStores
{
    public static RedisStore OpenRedis(string configuration, Action<RedisStoreOptions>? configure = null)
    {
        var options = new RedisStoreOptions { Configuration = configuration, Prefix = NewPrefix() };
        configure?.Invoke(options);
        return new RedisStore(options);
    }

    /// <summary>The name of a user's index, as <c>docs/reference/redis.md</c> has it.</summary>
    public static string IndexOf(GenericStore store, string user)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"sact index\0{store.Prefix}\0{user}"));
        return $"{store.Prefix}:{{{store.CreateSessionId(user)[..3]}}}:u:{Base64Url.EncodeToString(hash.AsSpan(0, 12))}";
    }

    public static async Task<List<SessionRecord>> SignInManyAsync(GenericStore store, int count, string user = "alice")
    {
        var sessions = Enumerable.Range(0, count).Select(_ => NewSession(store, user)).ToList();
        await Task.WhenAll(sessions.Select(session => store.CreateAsync(session).AsTask()));
        return sessions;
    }
}

/// <summary>A browser: every request is a session of its own over the store, and the cookie comes along.</summary>
internal sealed class RedisBrowser(RedisStore store, SactSessionOptions options)
{
    public string? Cookie { get; private set; }

    public async Task<T> AskAsync<T>(Func<Session<RedisStore>, ValueTask<T>> ask)
    {
        var context = new DefaultHttpContext();
        context.Request.Scheme = "https";
        context.Request.Headers.Cookie = Cookie;
        try
        {
            return await ask(new Session<RedisStore>(context.Request, context.Response, store, options));
        }
        finally
        {
            if (context.Response.Headers.SetCookie.ToString().Split(';')[0] is { Length: > 0 } pair)
            {
                Cookie = pair.EndsWith('=') ? null : pair;
            }
        }
    }

    public Task SignInAsync(string user = "alice") => AskAsync(async session =>
    {
        await session.SetAsync(user);
        return true;
    });

    public Task SignOutAsync() => AskAsync(async session =>
    {
        await session.DeleteAsync();
        return true;
    });

    public Task<SessionData?> ReadAsync() => AskAsync(session => session.GetAsync());
}
