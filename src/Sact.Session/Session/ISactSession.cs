using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// The session of one request. Inject it into a controller, a page or a minimal API. Nothing is read, decrypted or written until a method
/// is called.
/// </summary>
/// <remarks>
/// <para>There is one object per request and registration. Its methods may be awaited side by side; they run one after the other. A record
/// that was read is remembered until the response starts, for 30 seconds at most. After that each read calls the store, so that a WebSocket
/// sees a revocation.</para>
/// <para>A store that cannot answer is a <see cref="SessionStoreException"/> from every method that needs it, never "signed out". A session
/// that is used after its request has ended is an <see cref="InvalidOperationException"/>.</para>
/// </remarks>
/// <example>
/// <code>
/// app.MapGet("/me", async (ISactSession session) =>
///     await session.GetAsync() is { } me ? Results.Ok(me.UserId) : Results.Unauthorized());
/// </code>
/// </example>
public interface ISactSession
{
    /// <summary>The request whose cookie is read.</summary>
    [JsonIgnore]
    HttpRequest Request { get; }

    /// <summary>The response to which cookies are written.</summary>
    [JsonIgnore]
    HttpResponse Response { get; }

    /// <summary>The options. A change to them has no effect any more.</summary>
    [JsonIgnore]
    SactSessionOptions Options { get; }

    /// <summary>
    /// The session id of this request: the one issued in it; else the one presented, verified or not; else a new one that the request
    /// remembers and that is not issued. It is the secret: never log it or send it anywhere. To name the session, use <see cref="GetKey"/>.
    /// </summary>
    string GetSessionId();

    /// <summary>The key of <see cref="GetSessionId"/>. It is safe to log, and it proves nothing about the request.</summary>
    SessionKey GetKey();

    /// <summary>
    /// Why the session of the presented cookie has ended, for ten minutes; null if it lives, if nothing is known, or before it was read.
    /// Only whoever presents an id that was valid at the end sees it. It needs a <see cref="Stores.IEndedSessionStore"/>.
    /// </summary>
    /// <example><code>if (await session.GetAsync() is null) return SignInPage(session.EndReason);</code></example>
    SessionEndReason? EndReason => null;

    /// <summary>
    /// Is cancelled when the session that was read has ended, here or elsewhere; also by expiry, or when a step-up elsewhere replaced the
    /// id. It is cancelled already if the request has no session. An ordinary renewal does not cancel it.
    /// </summary>
    /// <remarks>The bound is <see cref="SactSessionOptions.WatchInterval"/>; it is shorter where the store reports ends. The watch ends
    /// with the request. A hub outlives it after a stateful reconnect: mark it with <c>CloseWhenSessionEnds()</c>.</remarks>
    /// <exception cref="InvalidOperationException">The session was not read in this request, or the request has ended.</exception>
    /// <example><code>if (await session.GetAsync() is not null) await SendEventsAsync(session.EndedToken);</code></example>
    [JsonIgnore]
    CancellationToken EndedToken => throw new NotSupportedException("This session watches no connections. Implement EndedToken.");

    /// <summary>Reads who is signed in. It never writes a cookie.</summary>
    /// <param name="reload">True to read again although the session was read in this request.</param>
    /// <param name="cancellationToken">Cancels the read. The client's disconnect cancels it as well.</param>
    /// <returns>
    /// The data of a live, verified, <em>signed-in</em> session. Null for everything else: no cookie, a malformed or unknown one, or a
    /// session that expired, ended, is anonymous or pending.
    /// </returns>
    /// <remarks>It costs one store read at most per request, and one write when "last seen" is due.</remarks>
    /// <exception cref="SessionStoreException">The store cannot answer.</exception>
    /// <example><code>if (await session.GetAsync() is not { } me) return Results.Unauthorized();</code></example>
    ValueTask<SessionData?> GetAsync(bool reload = false, CancellationToken cancellationToken = default);

    /// <summary>
    /// Like <see cref="GetAsync"/>, for a session in any state. Only one whose <see cref="SessionData.State"/> is signed in has a user.
    /// </summary>
    /// <param name="reload">True to read again although the session was read in this request.</param>
    /// <param name="cancellationToken">Cancels the read. The client's disconnect cancels it as well.</param>
    /// <returns>The data of a live, verified session; null if there is none.</returns>
    /// <exception cref="SessionStoreException">The store cannot answer.</exception>
    ValueTask<SessionData?> GetAnyAsync(bool reload = false, CancellationToken cancellationToken = default);

    /// <summary>
    /// Signs a user in: ends the verified session that was presented, issues a new id and sends its cookie. Nothing is inherited, against
    /// session fixation (OWASP Session Management; ASVS 5.0 V7.2.4). Call it after the password was checked.
    /// </summary>
    /// <param name="userId">The application's id of the user, 1 to 256 UTF-8 bytes.</param>
    /// <param name="metadata">Names and values to keep with the session; null for none.</param>
    /// <param name="cancellationToken">Read before each write begins.</param>
    /// <exception cref="ArgumentException">The user id or the metadata breaks a rule. Nothing has changed.</exception>
    /// <exception cref="InvalidOperationException">The response has started, so no cookie can be sent. Nobody is signed in.</exception>
    /// <exception cref="SessionCapReachedException">The user has the maximum number of sessions, and the policy refuses.</exception>
    /// <exception cref="SessionStoreException">
    /// The store cannot answer or is full. Nobody is signed in; a verified session that was presented may have ended.
    /// </exception>
    /// <example><code>await session.SetAsync(user.Id, new() { ["role"] = "admin" });</code></example>
    [OverloadResolutionPriority(1)]
    ValueTask SetAsync(string userId, JsonObject? metadata = null, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="SetAsync(string, JsonObject?, CancellationToken)"/>
    ValueTask SetAsync(string userId, JsonElement metadata, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="SetAsync(string, JsonObject?, CancellationToken)"/>
    /// <typeparam name="T">The type of the metadata, which must serialise to a JSON object.</typeparam>
    /// <param name="userId">The application's id of the user, 1 to 256 UTF-8 bytes.</param>
    /// <param name="metadata">The object to keep with the session.</param>
    /// <param name="typeInfo">How to write the type: a property of your <c>JsonSerializerContext</c>.</param>
    /// <param name="cancellationToken">Read before each write begins.</param>
    ValueTask SetAsync<T>(string userId, T metadata, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="SetAsync(string, JsonObject?, CancellationToken)"/>
    /// <param name="userId">The application's id of the user, 1 to 256 UTF-8 bytes.</param>
    /// <param name="metadata">Names and values to keep with the session; null for none.</param>
    /// <param name="options">
    /// Options of this sign-in: "remember me", a shorter life, the assurance level. A value beyond <see cref="SactSessionOptions"/> is an
    /// <see cref="ArgumentException"/>.
    /// </param>
    /// <param name="cancellationToken">Read before each write begins.</param>
    /// <example><code>await session.SetAsync(user.Id, null, new SessionSignInOptions { IsPersistent = form.RememberMe });</code></example>
    [OverloadResolutionPriority(1)]
    ValueTask SetAsync(string userId, JsonObject? metadata, SessionSignInOptions options, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="SetAsync(string, JsonObject?, SessionSignInOptions, CancellationToken)"/>
    ValueTask SetAsync(string userId, JsonElement metadata, SessionSignInOptions options, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="SetAsync(string, JsonObject?, SessionSignInOptions, CancellationToken)"/>
    /// <typeparam name="T">The type of the metadata, which must serialise to a JSON object.</typeparam>
    /// <param name="userId">The application's id of the user, 1 to 256 UTF-8 bytes.</param>
    /// <param name="metadata">The object to keep with the session.</param>
    /// <param name="typeInfo">How to write the type: a property of your <c>JsonSerializerContext</c>.</param>
    /// <param name="options">Options of this sign-in.</param>
    /// <param name="cancellationToken">Read before each write begins.</param>
    ValueTask SetAsync<T>(
        string userId, T metadata, JsonTypeInfo<T> typeInfo, SessionSignInOptions options, CancellationToken cancellationToken = default);

    /// <summary>
    /// Begins a sign-in that lacks a factor: the password is right, the second factor is missing. It ends the verified session that was
    /// presented, issues a new id and sends its cookie. The session is <em>pending</em>: nobody is signed in by it, <see cref="GetAsync"/>
    /// returns null, and only <see cref="GetAnyAsync"/> returns it. <see cref="RaiseAsync(int, SessionSignInOptions?, CancellationToken)"/>
    /// completes the sign-in within <see cref="SactSessionOptions.PendingTimeout"/>.
    /// </summary>
    /// <param name="userId">The user who is about to sign in, 1 to 256 UTF-8 bytes.</param>
    /// <param name="metadata">Names and values to keep with the session, also once the user is signed in; null for none.</param>
    /// <param name="cancellationToken">Read before each write begins.</param>
    /// <exception cref="ArgumentException">The user id or the metadata breaks a rule. Nothing has changed.</exception>
    /// <exception cref="InvalidOperationException">The response has started, so no cookie can be sent.</exception>
    /// <exception cref="SessionCapReachedException">The user has the maximum number of sessions, and the policy refuses.</exception>
    /// <exception cref="SessionStoreException">The store cannot answer or is full. The presented session may have ended.</exception>
    /// <example><code>await session.SetPendingAsync(user.Id);</code></example>
    [OverloadResolutionPriority(1)]
    ValueTask SetPendingAsync(string userId, JsonObject? metadata = null, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="SetPendingAsync(string, JsonObject?, CancellationToken)"/>
    /// <param name="userId">The user who is about to sign in, 1 to 256 UTF-8 bytes.</param>
    /// <param name="metadata">Names and values to keep with the session; null for none.</param>
    /// <param name="options">
    /// Options of the pending session. Its timeouts must not exceed <see cref="SactSessionOptions.PendingTimeout"/>; the options of the
    /// sign-in itself belong to <c>RaiseAsync</c>.
    /// </param>
    /// <param name="cancellationToken">Read before each write begins.</param>
    [OverloadResolutionPriority(1)]
    ValueTask SetPendingAsync(
        string userId, JsonObject? metadata, SessionSignInOptions options, CancellationToken cancellationToken = default);

    /// <summary>
    /// Raises the assurance level after a further factor was shown, or the password once more: it makes the session fresh
    /// (<see cref="SessionData.IsFresh"/>) and signs a pending one in. The id is replaced at once, without a grace (ASVS 5.0 V7.2.4,
    /// V7.5.3). Metadata stays. To change who the user is, call <c>SetAsync</c>.
    /// </summary>
    /// <param name="assuranceLevel">The level, 0 to 255. A session with a higher one keeps it.</param>
    /// <param name="options">
    /// The lifetimes from now on; the absolute one counts from the creation of the session. A pending session takes the values of
    /// <see cref="SactSessionOptions"/> for what is null; a signed-in one keeps its own.
    /// </param>
    /// <param name="cancellationToken">Read before the write begins.</param>
    /// <returns>
    /// False, and nothing is raised: if there is no pending or signed-in session, if the id is valid only by its grace, if another caller
    /// replaced the id meanwhile, or if the new absolute timeout is over already.
    /// </returns>
    /// <exception cref="ArgumentException">The level is out of range, or an option exceeds <see cref="SactSessionOptions"/>.</exception>
    /// <exception cref="InvalidOperationException">The response has started.</exception>
    /// <exception cref="SessionStoreException">The store cannot answer.</exception>
    /// <example><code>if (!await session.RaiseAsync(2)) return Results.Unauthorized();</code></example>
    [OverloadResolutionPriority(1)]
    ValueTask<bool> RaiseAsync(int assuranceLevel, SessionSignInOptions? options = null, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="RaiseAsync(int, SessionSignInOptions?, CancellationToken)"/>
    /// <param name="assuranceLevel">The level, 0 to 255. A session with a higher one keeps it.</param>
    /// <param name="metadata">Names and values to add or replace in the same write.</param>
    /// <param name="options">The lifetimes from now on; null for those that the session would have without options.</param>
    /// <param name="cancellationToken">Read before the write begins.</param>
    ValueTask<bool> RaiseAsync(
        int assuranceLevel, JsonObject metadata, SessionSignInOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Begins an anonymous session, for data without a user. <see cref="GetAsync"/> returns null for it, and a sign-in does not inherit it.
    /// It lives for <see cref="SactSessionOptions.AnonymousIdleTimeout"/> after each visit.
    /// </summary>
    /// <param name="fields">Its data; null for none.</param>
    /// <param name="cancellationToken">Read before the write begins.</param>
    /// <returns>
    /// True if it began. False, and nothing has changed, if the request has a live session in any state, or if its session lives on under a
    /// newer id, whose cookie must not be overwritten.
    /// </returns>
    /// <exception cref="ArgumentException">The fields break a rule.</exception>
    /// <exception cref="InvalidOperationException">The response has started.</exception>
    /// <exception cref="AnonymousSessionLimitException">More began than <c>MaxAnonymousSessionsPerMinute</c> allows.</exception>
    /// <exception cref="SessionStoreException">The store cannot answer or is full.</exception>
    /// <example><code>await session.StartAsync(new() { ["cart"] = cartId });</code></example>
    [OverloadResolutionPriority(1)]
    ValueTask<bool> StartAsync(JsonObject? fields = null, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="StartAsync(JsonObject?, CancellationToken)"/>
    /// <param name="fields">Its data; null for none.</param>
    /// <param name="options">Options of this session. Its assurance level must stay unset, because there is no user.</param>
    /// <param name="cancellationToken">Read before the write begins.</param>
    [OverloadResolutionPriority(1)]
    ValueTask<bool> StartAsync(JsonObject? fields, SessionSignInOptions options, CancellationToken cancellationToken = default);

    /// <summary>
    /// Adds or replaces metadata of the signed-in session. Fields that other requests change meanwhile keep their changes. It never creates
    /// a session.
    /// </summary>
    /// <param name="fields">Names and new values; <c>null</c> is a value. To remove a field, call <c>RemoveAsync</c>.</param>
    /// <param name="cancellationToken">Read before the write begins.</param>
    /// <returns>False if nobody is signed in, or no longer is.</returns>
    /// <exception cref="ArgumentException">
    /// A name or value breaks a rule, or the session would be larger than <see cref="SactSessionOptions.MaxRecordBytes"/>. Nothing has
    /// changed.
    /// </exception>
    /// <exception cref="SessionStoreException">
    /// The store cannot answer. <see cref="SessionStoreException.OutcomeUnknown"/> says whether the write may have happened.
    /// </exception>
    /// <example><code>if (!await session.UpdateAsync(new() { ["theme"] = "dark" })) return Results.Unauthorized();</code></example>
    [OverloadResolutionPriority(1)]
    ValueTask<bool> UpdateAsync(JsonObject fields, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="UpdateAsync(JsonObject, CancellationToken)"/>
    ValueTask<bool> UpdateAsync(JsonElement fields, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="UpdateAsync(JsonObject, CancellationToken)"/>
    /// <typeparam name="T">The type of the fields, which must serialise to a JSON object.</typeparam>
    /// <param name="fields">Names and new values.</param>
    /// <param name="typeInfo">How to write the type: a property of your <c>JsonSerializerContext</c>.</param>
    /// <param name="cancellationToken">Read before the write begins.</param>
    ValueTask<bool> UpdateAsync<T>(T fields, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken = default);

    /// <summary>
    /// Computes the new value of one field from the present one. If another request writes the field meanwhile, it computes again, so that
    /// no increment is lost (compare-and-swap). Writers of other fields do not disturb it.
    /// </summary>
    /// <typeparam name="T">The type of the field.</typeparam>
    /// <param name="name">The name of the field.</param>
    /// <param name="modify">
    /// Returns the new value. Its argument is the present value, or <c>default</c> if the field is absent or <c>null</c>. It may run more
    /// than once.
    /// </param>
    /// <param name="cancellationToken">Read before each try.</param>
    /// <returns>The value that was written. It did not succeed if nobody is signed in, or no longer is.</returns>
    /// <exception cref="ArgumentException">The name or the new value breaks a rule, or the session would be too large.</exception>
    /// <exception cref="JsonException">The present value has another type.</exception>
    /// <exception cref="SessionStoreException">The store cannot answer.</exception>
    /// <example><code>int visits = (await session.ModifyAsync&lt;int>("visits", n => n + 1)).Value;</code></example>
    ValueTask<ModifyResult<T>> ModifyAsync<T>(string name, Func<T?, T> modify, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="ModifyAsync{T}(string, Func{T, T}, CancellationToken)"/>
    /// <param name="name">The name of the field.</param>
    /// <param name="modify">Returns the new value. It may run more than once.</param>
    /// <param name="typeInfo">How to read and write the type: a property of your <c>JsonSerializerContext</c>.</param>
    /// <param name="cancellationToken">Read before each try.</param>
    ValueTask<ModifyResult<T>> ModifyAsync<T>(
        string name, Func<T?, T> modify, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken = default);

    /// <summary>Removes metadata of the signed-in session. It skips a name that is absent.</summary>
    /// <param name="names">The names of the fields.</param>
    /// <param name="cancellationToken">Read before the write begins.</param>
    /// <returns>False if nobody is signed in, or no longer is.</returns>
    /// <exception cref="ArgumentException">A name breaks a rule.</exception>
    /// <exception cref="SessionStoreException">The store cannot answer.</exception>
    ValueTask<bool> RemoveAsync(IEnumerable<string> names, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="RemoveAsync(IEnumerable{string}, CancellationToken)"/>
    /// <param name="name">The name of the field.</param>
    /// <param name="otherNames">The names of more fields.</param>
    ValueTask<bool> RemoveAsync(string name, params string[] otherNames);

    /// <summary>
    /// Signs out: ends the session of this request in any state, also by an id that is valid only by its grace, and deletes its cookie. The
    /// cookie is deleted even if the store fails. After the response has started the session ends all the same; the cookie stays with the
    /// client, worthless.
    /// </summary>
    /// <param name="cancellationToken">Read before the write begins. The client's disconnect does not cancel it.</param>
    /// <exception cref="SessionStoreException">The store cannot answer. The session may live on; the cookie is deleted.</exception>
    /// <example><code>app.MapPost("/logout", async (ISactSession session) => await session.DeleteAsync());</code></example>
    ValueTask DeleteAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Gives the signed-in session a new secret without ending it (OWASP renewal). The old secret stays valid until the new one has
    /// arrived, and for <see cref="SactSessionOptions.RenewalGrace"/> after that, so no request in flight is signed out. Of parallel
    /// renewals one sends a cookie; all succeed. It does not extend the life of the session.
    /// </summary>
    /// <param name="immediately">
    /// True to refuse the old secret at once: after a step-up, or when somebody may have seen it. Parallel requests with the old secret are
    /// then signed out, and of parallel callers only one succeeds.
    /// </param>
    /// <param name="cancellationToken">Read before the write begins.</param>
    /// <returns>False if nobody is signed in, or no longer is, or if another caller has replaced the secret at once.</returns>
    /// <exception cref="InvalidOperationException">The response has started.</exception>
    /// <exception cref="SessionStoreException">The store cannot answer.</exception>
    ValueTask<bool> RenewAsync(bool immediately = false, CancellationToken cancellationToken = default);

    /// <summary>Lists the live, signed-in sessions of the signed-in user, the last seen first (ASVS 5.0 V7.5.2).</summary>
    /// <param name="cancellationToken">Cancels the listing. The client's disconnect cancels it as well.</param>
    /// <returns>The sessions; empty if nobody is signed in.</returns>
    /// <exception cref="SessionStoreException">The store cannot answer.</exception>
    /// <example><code>foreach (var device in await session.GetActiveSessionsAsync()) { … }</code></example>
    ValueTask<IReadOnlyList<SessionData>> GetActiveSessionsAsync(CancellationToken cancellationToken = default);

    /// <summary>Ends all sessions of the signed-in user except this one: call it after a change of password (ASVS 5.0 V7.4.3).</summary>
    /// <param name="renewCurrent">
    /// True to replace the id of this session at once as well, so that a copy of its cookie is worthless (ASVS 5.0 V7.2.4). The others end
    /// in any case. An id that is valid only by its grace gets no new one: its client has a newer one already.
    /// </param>
    /// <param name="cancellationToken">Read before each write begins.</param>
    /// <returns>How many live sessions ended; 0 if nobody is signed in.</returns>
    /// <exception cref="InvalidOperationException">
    /// The response has started, so the new cookie cannot be sent. Nothing has changed. Only with <paramref name="renewCurrent"/>.
    /// </exception>
    /// <exception cref="SessionStoreException">The store cannot answer; some sessions may have ended. Call it again.</exception>
    /// <example><code>await session.DeleteOtherSessionsAsync(renewCurrent: true);</code></example>
    ValueTask<long> DeleteOtherSessionsAsync(bool renewCurrent = false, CancellationToken cancellationToken = default);

    /// <summary>Ends one of the signed-in user's own sessions. If it is this one, it signs out and deletes the cookie.</summary>
    /// <param name="key">The <see cref="SessionData.Key"/> of a session from <see cref="GetActiveSessionsAsync"/>.</param>
    /// <param name="cancellationToken">Read before the write begins.</param>
    /// <returns>
    /// True if it ended a live session. False if nobody is signed in, there is no such session, or it belongs to another user; the answer
    /// does not say which.
    /// </returns>
    /// <exception cref="ArgumentException">The key is <c>default</c>.</exception>
    /// <exception cref="SessionStoreException">The store cannot answer.</exception>
    ValueTask<bool> DeleteSessionAsync(SessionKey key, CancellationToken cancellationToken = default);

    /// <summary>
    /// Signs out everywhere: ends all sessions of the signed-in user, this one included, and deletes the cookie even if the store fails.
    /// </summary>
    /// <param name="cancellationToken">Read before the write begins.</param>
    /// <returns>How many live sessions ended; 0 if nobody is signed in.</returns>
    /// <exception cref="SessionStoreException">The store cannot answer; some sessions may have ended. Call it again.</exception>
    ValueTask<long> DeleteAllSessionsAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Sends the session's cookie once more, or deletes it. Signing in and out do so by themselves. Once a renewal has made a newer id, an
    /// older one is not sent.
    /// </summary>
    /// <param name="unset">True to delete the cookie and leave the session as it is.</param>
    /// <exception cref="InvalidOperationException">The request has verified or issued no id, or the response has started.</exception>
    void SetCookie(bool unset = false);

    /// <summary>
    /// Sets a cookie of the application with the attributes of the session cookie, or deletes it. It is HttpOnly as well, so scripts do not
    /// see it. Whoever has the client can read and change it.
    /// </summary>
    /// <param name="name">Its name: an HTTP token, and not the name of a session cookie.</param>
    /// <param name="value">Any well-formed string; it is percent-encoded. Ignored with <paramref name="unset"/>.</param>
    /// <param name="unset">True to delete the cookie.</param>
    /// <exception cref="ArgumentException">The name breaks a rule, or name and encoded value have over 4096 bytes.</exception>
    /// <exception cref="InvalidOperationException">The response has started.</exception>
    void SetCustomCookie(string name, string? value, bool unset = false);

    /// <summary>
    /// The decoded value of a custom cookie as the client sent it. Do not trust it. Reading it does not use the session, so a response that
    /// depends on it needs its own <c>Vary: Cookie</c>.
    /// </summary>
    /// <param name="name">Its name, compared exactly.</param>
    /// <returns>The value; null if the cookie is absent or was sent with different values.</returns>
    /// <exception cref="ArgumentException">The name breaks a rule.</exception>
    string? GetCustomCookie(string name);

    /// <summary>Sets a cookie that the client can neither read nor change (Data Protection). It is bound to its name.</summary>
    /// <param name="name">Its name: an HTTP token, and not the name of a session cookie.</param>
    /// <param name="value">Any well-formed string. Ignored with <paramref name="unset"/>.</param>
    /// <param name="unset">True to delete the cookie.</param>
    /// <exception cref="ArgumentException">The name breaks a rule, or name and protected value have over 4096 bytes.</exception>
    /// <exception cref="InvalidOperationException">The response has started, or Data Protection is not registered.</exception>
    void SetProtectedCookie(string name, string? value, bool unset = false);

    /// <summary>The value of a protected cookie.</summary>
    /// <param name="name">Its name, compared exactly.</param>
    /// <returns>The value; null if the cookie is absent, was changed or renamed, or was protected with other keys.</returns>
    /// <exception cref="ArgumentException">The name breaks a rule.</exception>
    /// <exception cref="InvalidOperationException">Data Protection is not registered.</exception>
    string? GetProtectedCookie(string name);
}
