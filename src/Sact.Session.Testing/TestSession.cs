using Microsoft.AspNetCore.Http;

namespace Sact.Session.Testing;

/// <summary>Creates working sessions for the unit tests of handlers: over a memory store, on a context without a server.</summary>
public static class TestSession
{
    /// <summary>Creates the session of a new request without a cookie. Nobody is signed in.</summary>
    /// <param name="store">The store; null for a new one. Pass the same store to create a second request.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <returns>A session that behaves as in an application.</returns>
    /// <example>
    /// <code>
    /// var session = TestSession.Create();
    /// await session.SetAsync("alice");
    /// Assert.Equal("Hello alice", await Greet(session));
    /// </code>
    /// </example>
    public static Session<MemoryStore> Create(MemoryStore? store = null, SactSessionOptions? options = null) =>
        Create(null, store ?? new MemoryStore(), options);

    /// <summary>Creates the session of the next request of a client: it presents the id of an earlier request as its cookie.</summary>
    /// <param name="earlier">The session of the earlier request.</param>
    /// <returns>A session over the same store and options.</returns>
    /// <exception cref="InvalidOperationException">The earlier request has no verified or issued id.</exception>
    public static Session<MemoryStore> NextRequest(Session<MemoryStore> earlier)
    {
        ArgumentNullException.ThrowIfNull(earlier);
        string id = earlier.SessionId
            ?? throw new InvalidOperationException(
                "The earlier request has no session id. Sign in with SetAsync, or begin a session with StartAsync, first.");
        return Create(id, earlier.Store, earlier.Options);
    }

    private static Session<MemoryStore> Create(string? id, MemoryStore store, SactSessionOptions? options)
    {
        options ??= new SactSessionOptions();
        var context = new DefaultHttpContext();
        context.Request.Scheme = "https";
        if (id is not null)
        {
            context.Request.Headers.Cookie = $"{options.Cookie.Name}={id}";
        }

        return new Session<MemoryStore>(context.Request, context.Response, store, options);
    }
}
