using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Sact.Session.Testing;

namespace Sact.Session.Tests;

/// <summary>
/// How an application tests its code, as docs/how-to/testing.md shows: a handler with a fake session, or the whole application on a test
/// server.
/// </summary>
public sealed class TestingAnApplication
{
    // The application's code.
    private static async Task<string> Greet(ISactSession session) =>
        await session.GetAsync() is { } me ? $"Hello {me.UserId}, {me["role"]}" : "Who are you?";

    private static async Task SignIn(string user, ISactSession session) => await session.SetAsync(user, new() { ["role"] = "admin" });

    [Fact]
    public async Task AHandlerRunsAgainstAFake()
    {
        var session = new FakeSession { Data = TestSessionData.SignedIn("alice", new() { ["role"] = "admin" }) };
        Assert.Equal("Hello alice, admin", await Greet(session));

        session.Data = null;
        Assert.Equal("Who are you?", await Greet(session));

        await SignIn("bob", session);
        Assert.Equal("Hello bob, admin", await Greet(session));
    }

    [Fact]
    public async Task TheApplicationRunsOnATestServer()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseTestServer();
        builder.Services.AddRouting();
        builder.Services.AddSactSession();
        await using var app = builder.Build();
        app.UseSactSession();
        app.UseRouting();
        app.MapPost("/login", SignIn);
        app.MapGet("/", Greet);
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var client = app.GetTestClient();

        using var login = await client.PostAsync(
            new Uri("/login?user=alice", UriKind.Relative), null, TestContext.Current.CancellationToken);
        client.DefaultRequestHeaders.Add("Cookie", login.Headers.GetValues("Set-Cookie").Single().Split(';')[0]);

        Assert.Equal(
            "Hello alice, admin",
            await client.GetStringAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task AHandlerRunsAgainstARealSessionWithoutAServer()
    {
        var context = new DefaultHttpContext();
        var session = new Session<MemoryStore>(context.Request, context.Response, new MemoryStore(), new SactSessionOptions());

        await SignIn("alice", session);

        Assert.Equal("Hello alice, admin", await Greet(session));
    }

    /// <summary>Only the members that the handlers use are implemented.</summary>
    private sealed class FakeSession : ISession<IGenericStore>
    {
        public SessionData? Data { get; set; }

        public HttpRequest Request => throw new NotSupportedException();

        public HttpResponse Response => throw new NotSupportedException();

        public IGenericStore Store => throw new NotSupportedException();

        public SactSessionOptions Options { get; } = new();

        public ValueTask<SessionData?> GetAsync(bool reload = false, CancellationToken cancellationToken = default) => new(Data);

        public ValueTask<SessionData?> GetAnyAsync(bool reload = false, CancellationToken cancellationToken = default) => new(Data);

        public ValueTask SetAsync(string userId, JsonObject? metadata = null, CancellationToken cancellationToken = default)
        {
            Data = TestSessionData.SignedIn(userId, metadata);
            return default;
        }

        public ValueTask SetAsync(string userId, JsonElement metadata, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask SetAsync<T>(string userId, T metadata, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask SetAsync(
            string userId, JsonObject? metadata, SessionSignInOptions options, CancellationToken cancellationToken = default) =>
            SetAsync(userId, metadata, cancellationToken);

        public ValueTask SetAsync(
            string userId, JsonElement metadata, SessionSignInOptions options, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask SetAsync<T>(
            string userId,
            T metadata,
            JsonTypeInfo<T> typeInfo,
            SessionSignInOptions options,
            CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask SetPendingAsync(string userId, JsonObject? metadata = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask<bool> RaiseAsync(
            int assuranceLevel, SessionSignInOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask SetPendingAsync(
            string userId, JsonObject? metadata, SessionSignInOptions options, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask<bool> RaiseAsync(
            int assuranceLevel, JsonObject metadata, SessionSignInOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask<bool> StartAsync(
            JsonObject? fields, SessionSignInOptions options, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask DeleteAsync(CancellationToken cancellationToken = default)
        {
            Data = null;
            return default;
        }

        public string GetSessionId() => throw new NotSupportedException();

        public SessionKey GetKey() => throw new NotSupportedException();

        public ValueTask<bool> StartAsync(JsonObject? fields = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask<bool> UpdateAsync(JsonObject fields, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask<bool> UpdateAsync(JsonElement fields, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask<bool> UpdateAsync<T>(T fields, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask<ModifyResult<T>> ModifyAsync<T>(string name, Func<T?, T> modify, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask<ModifyResult<T>> ModifyAsync<T>(
            string name, Func<T?, T> modify, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask<bool> RemoveAsync(IEnumerable<string> names, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask<bool> RemoveAsync(string name, params string[] otherNames) => throw new NotSupportedException();

        public ValueTask<bool> RenewAsync(bool immediately = false, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask<IReadOnlyList<SessionData>> GetActiveSessionsAsync(CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask<long> DeleteOtherSessionsAsync(bool renewCurrent = false, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask<bool> DeleteSessionAsync(SessionKey key, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask<long> DeleteAllSessionsAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public void SetCookie(bool unset = false) => throw new NotSupportedException();

        public void SetCustomCookie(string name, string? value, bool unset = false) => throw new NotSupportedException();

        public string? GetCustomCookie(string name) => throw new NotSupportedException();

        public void SetProtectedCookie(string name, string? value, bool unset = false) => throw new NotSupportedException();

        public string? GetProtectedCookie(string name) => throw new NotSupportedException();
    }
}
