using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Stores.Tests.OpenIdConnect;

/// <summary>
/// A small identity provider on loopback. It asks nobody for a password: its user is <see cref="User"/>, in the session
/// <see cref="SessionId"/>.
/// </summary>
internal sealed class TestProvider : IAsyncDisposable
{
    public const string Client = "shop";
    public const string Secret = "the-secret-of-the-client-is-long-enough-for-hmac";
    private const string Event = "http://schemas.openid.net/event/backchannel-logout";

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, string?> _nonces = new();
    private readonly ConcurrentDictionary<string, bool> _refreshTokens = new();
    private readonly SigningKey _encryptionKey = new("encryption");
    private readonly List<SigningKey> _keys = [new("first")];
    private int _keysRead;
    private int _refreshes;

    private TestProvider(WebApplication app) => _app = app;

    public string User { get; set; } = "sub-alice";

    public string? SessionId { get; set; } = "sid-1";

    public int TokenLife { get; set; } = 3600;

    /// <summary>What the token endpoint answers to a refresh; null for tokens.</summary>
    public Func<Task<IResult?>>? AnswerToRefresh { get; set; }

    public bool HasRevocation { get; set; } = true;

    public string Issuer => _app.Urls.Single();

    public SigningKey Key => _keys[^1];

    public SigningKey EncryptionKey => _encryptionKey;

    public int KeysRead => _keysRead;

    public int Refreshes => _refreshes;

    /// <summary>The refresh tokens that were used twice.</summary>
    public ConcurrentQueue<string> Reused { get; } = new();

    public ConcurrentQueue<string> Hints { get; } = new();

    /// <summary>One is released with every revocation.</summary>
    public SemaphoreSlim Revoking { get; } = new(0);

    public ConcurrentQueue<string> Revoked { get; } = new();

    /// <summary>Runs before a token is revoked; null for nothing.</summary>
    public Func<Task>? BeforeRevocation { get; set; }

    public static async Task<TestProvider> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        var app = builder.Build();
        var provider = new TestProvider(app);
        provider.Map();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return provider;
    }

    public SigningKey Rotate(string id)
    {
        _keys.Add(new SigningKey(id));
        return Key;
    }

    public JsonObject Header(string type = "logout+jwt") => new() { ["alg"] = "RS256", ["typ"] = type, ["kid"] = Key.Id };

    public JsonObject Claims(string? sid = "sid-1", string? sub = "sub-alice", DateTimeOffset? now = null)
    {
        long seconds = (now ?? TimeProvider.System.GetUtcNow()).ToUnixTimeSeconds();
        var claims = new JsonObject
        {
            ["iss"] = Issuer,
            ["aud"] = Client,
            ["iat"] = seconds,
            ["exp"] = seconds + 120,
            ["jti"] = Guid.NewGuid().ToString("n"),
            ["events"] = new JsonObject { [Event] = new JsonObject() },
        };
        if (sid is not null)
        {
            claims["sid"] = sid;
        }

        if (sub is not null)
        {
            claims["sub"] = sub;
        }

        return claims;
    }

    public string LogoutToken(string? sid = "sid-1", string? sub = "sub-alice", DateTimeOffset? now = null) =>
        Key.Sign(Header(), Claims(sid, sub, now));

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _keys.ForEach(static key => key.Dispose());
        _encryptionKey.Dispose();
        Revoking.Dispose();
    }

    private void Map()
    {
        _app.MapGet("/.well-known/openid-configuration", () =>
        {
            var document = new JsonObject
            {
                ["issuer"] = Issuer,
                ["jwks_uri"] = Issuer + "/jwks",
                ["authorization_endpoint"] = Issuer + "/authorize",
                ["token_endpoint"] = Issuer + "/token",
                ["end_session_endpoint"] = Issuer + "/end",
                ["backchannel_logout_supported"] = true,
            };
            if (HasRevocation)
            {
                document["revocation_endpoint"] = Issuer + "/revoke";
            }

            return document;
        });
        _app.MapGet("/jwks", () =>
        {
            Interlocked.Increment(ref _keysRead);
            return new JsonObject
            {
                ["keys"] = new JsonArray([.. _keys.Select(key => key.Public()), _encryptionKey.Public("enc")]),
            };
        });
        _app.MapGet("/authorize", (string redirect_uri, string state, string? nonce) =>
        {
            string code = Guid.NewGuid().ToString("n");
            _nonces[code] = nonce;
            return Results.Redirect($"{redirect_uri}?code={code}&state={Uri.EscapeDataString(state)}");
        });
        _app.MapGet("/end", (string? id_token_hint) =>
        {
            Hints.Enqueue(id_token_hint ?? "");
            return "signed out at the provider";
        });
        _app.MapPost("/token", TokenAsync);
        _app.MapPost("/revoke", async (HttpRequest request) =>
        {
            if (BeforeRevocation is { } before)
            {
                await before();
            }

            Revoked.Enqueue((await request.ReadFormAsync())["token"]!);
            Revoking.Release();
            return Results.Json(new JsonObject());
        });
    }

    private async Task<IResult> TokenAsync(HttpRequest request)
    {
        var form = await request.ReadFormAsync();
        if (form["client_secret"] != Secret)
        {
            return Error("invalid_client");
        }

        if (form["grant_type"] == "refresh_token")
        {
            Interlocked.Increment(ref _refreshes);
            if (AnswerToRefresh is { } answer && await answer() is { } result)
            {
                return result;
            }

            string used = form["refresh_token"]!;
            if (!_refreshTokens.TryRemove(used, out _))
            {
                Reused.Enqueue(used);
                return Error("invalid_grant");
            }

            return Tokens(null);
        }

        return _nonces.TryRemove(form["code"]!, out string? nonce) ? Tokens(nonce) : Error("invalid_grant");
    }

    private IResult Tokens(string? nonce)
    {
        long now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        string refresh = "refresh-" + Guid.NewGuid().ToString("n");
        _refreshTokens[refresh] = true;
        var id = new JsonObject
        {
            ["iss"] = Issuer,
            ["aud"] = Client,
            ["sub"] = User,
            ["iat"] = now,
            ["exp"] = now + 300,
            ["nonce"] = nonce,
        };
        if (SessionId is not null)
        {
            id["sid"] = SessionId;
        }

        return Results.Json(new JsonObject
        {
            ["access_token"] = "access-" + Guid.NewGuid().ToString("n"),
            ["refresh_token"] = refresh,
            ["token_type"] = "Bearer",
            ["expires_in"] = TokenLife,
            ["id_token"] = Key.Sign(Header("JWT"), id),
        });
    }

    private static IResult Error(string error) => Results.Json(new JsonObject { ["error"] = error }, statusCode: 400);
}
