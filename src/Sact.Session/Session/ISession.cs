using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// The session of one request: inject <c>ISession&lt;IGenericStore&gt;</c> into a controller, a page or a minimal API. Nothing is read, decrypted or written until it is asked.
/// </summary>
/// <remarks>
/// <para>There is one object per request, whoever asks for it. Its methods may be awaited side by side; they queue. What was read is remembered until the response has started, for 30 seconds at most; after
/// that every read asks the store again, so that a WebSocket sees a revocation.</para>
/// <para>A store that cannot answer is a <see cref="SessionStoreException"/> from every method that needs it, never "signed out". A session used after its request has ended is an
/// <see cref="InvalidOperationException"/>.</para>
/// </remarks>
/// <typeparam name="TStore">The store's type; <see cref="IGenericStore"/> where it does not matter.</typeparam>
public interface ISession<out TStore>
    where TStore : IGenericStore
{
    /// <summary>The request whose cookie is read.</summary>
    [JsonIgnore]
    HttpRequest Request { get; }

    /// <summary>The response that cookies are written to.</summary>
    [JsonIgnore]
    HttpResponse Response { get; }

    /// <summary>The store, for administration: end a user's sessions, count.</summary>
    [JsonIgnore]
    TStore Store { get; }

    /// <summary>The options; changing them now has no effect.</summary>
    [JsonIgnore]
    SactSessionOptions Options { get; }

    /// <summary>
    /// The session id of this request: the one issued in it, else the one presented, verified or not, else one freshly made, which is remembered for the request and never issued by itself. It is the
    /// secret: do not log it or send it anywhere; to name the session take <see cref="GetKey"/>.
    /// </summary>
    string GetSessionId();

    /// <summary>The key of <see cref="GetSessionId"/>: safe to log. It proves nothing about the request.</summary>
    SessionKey GetKey();

    /// <summary>
    /// Who is signed in: the data of a live, verified, <em>signed-in</em> session; null for everything else (no cookie, a malformed or unknown one, an expired, ended, anonymous or pending session).
    /// One store read at most per request, and one write when the session is due to be noted as seen. Never writes a cookie.
    /// </summary>
    /// <param name="reload">True to read again even if the session has been read in this request.</param>
    /// <param name="cancellationToken">Gives the read up; so does the client's disconnect.</param>
    /// <exception cref="SessionStoreException">The store cannot answer.</exception>
    ValueTask<SessionData?> GetAsync(bool reload = false, CancellationToken cancellationToken = default);

    /// <summary>Like <see cref="GetAsync"/>, but of a session in any state. Look at <see cref="SessionData.State"/>: only one that is signed in has a user.</summary>
    /// <param name="reload">True to read again even if the session has been read in this request.</param>
    /// <param name="cancellationToken">Gives the read up; so does the client's disconnect.</param>
    /// <exception cref="SessionStoreException">The store cannot answer.</exception>
    ValueTask<SessionData?> GetAnyAsync(bool reload = false, CancellationToken cancellationToken = default);

    /// <summary>
    /// Signs a user in: ends the verified session that was presented, issues a new id and sends its cookie. Nothing is inherited (against session fixation: OWASP, ASVS 5.0 V7.2.4). Call it after the
    /// password was checked, and after every further change of who the user is.
    /// </summary>
    /// <param name="userId">The application's id of the user, 1 to 256 UTF-8 bytes.</param>
    /// <param name="metadata">Names and values to keep with the session; null for none.</param>
    /// <param name="cancellationToken">Looked at before each write begins.</param>
    /// <exception cref="ArgumentException">The user id or the metadata breaks a rule. Nothing has changed.</exception>
    /// <exception cref="InvalidOperationException">The response has started, so no cookie can be sent. Nobody is signed in.</exception>
    /// <exception cref="SessionCapReachedException">The user has too many sessions, and the policy refuses.</exception>
    /// <exception cref="SessionStoreException">The store cannot answer or is full. Nobody is signed in; a verified session that was presented may have ended.</exception>
    [OverloadResolutionPriority(1)]
    ValueTask SetAsync(string userId, JsonObject? metadata = null, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="SetAsync(string, JsonObject?, CancellationToken)"/>
    ValueTask SetAsync(string userId, JsonElement metadata, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="SetAsync(string, JsonObject?, CancellationToken)"/>
    /// <typeparam name="T">The metadata's type, which must make a JSON object.</typeparam>
    /// <param name="userId">The application's id of the user, 1 to 256 UTF-8 bytes.</param>
    /// <param name="metadata">What to keep with the session.</param>
    /// <param name="typeInfo">How to write the type: a property of your <c>JsonSerializerContext</c>.</param>
    /// <param name="cancellationToken">Looked at before each write begins.</param>
    ValueTask SetAsync<T>(string userId, T metadata, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="SetAsync(string, JsonObject?, CancellationToken)"/>
    /// <param name="userId">The application's id of the user, 1 to 256 UTF-8 bytes.</param>
    /// <param name="metadata">Names and values to keep with the session; null for none.</param>
    /// <param name="options">What this sign-in has for itself: "remember me", a shorter life, the assurance level. Beyond <see cref="SactSessionOptions"/>: an <see cref="ArgumentException"/>.</param>
    /// <param name="cancellationToken">Looked at before each write begins.</param>
    [OverloadResolutionPriority(1)]
    ValueTask SetAsync(string userId, JsonObject? metadata, SessionSignInOptions options, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="SetAsync(string, JsonObject?, SessionSignInOptions, CancellationToken)"/>
    ValueTask SetAsync(string userId, JsonElement metadata, SessionSignInOptions options, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="SetAsync(string, JsonObject?, SessionSignInOptions, CancellationToken)"/>
    /// <typeparam name="T">The metadata's type, which must make a JSON object.</typeparam>
    /// <param name="userId">The application's id of the user, 1 to 256 UTF-8 bytes.</param>
    /// <param name="metadata">What to keep with the session.</param>
    /// <param name="typeInfo">How to write the type: a property of your <c>JsonSerializerContext</c>.</param>
    /// <param name="options">What this sign-in has for itself.</param>
    /// <param name="cancellationToken">Looked at before each write begins.</param>
    ValueTask SetAsync<T>(string userId, T metadata, JsonTypeInfo<T> typeInfo, SessionSignInOptions options, CancellationToken cancellationToken = default);

    /// <summary>
    /// Begins a sign-in that still lacks a factor (the password is right, the second factor is to come): ends the verified session that was presented, issues a new id and sends its cookie. The session is
    /// <em>pending</em>: nobody is signed in by it, <see cref="GetAsync"/> is null, only <see cref="GetAnyAsync"/> sees it. <see cref="RaiseAsync"/> completes it within <see cref="SactSessionOptions.PendingTimeout"/>.
    /// </summary>
    /// <param name="userId">Who is about to sign in, 1 to 256 UTF-8 bytes.</param>
    /// <param name="metadata">Names and values to keep with the session, once signed in too; null for none.</param>
    /// <param name="cancellationToken">Looked at before each write begins.</param>
    /// <exception cref="ArgumentException">The user id or the metadata breaks a rule. Nothing has changed.</exception>
    /// <exception cref="InvalidOperationException">The response has started, so no cookie can be sent.</exception>
    /// <exception cref="SessionCapReachedException">The user has too many sessions, and the policy refuses.</exception>
    /// <exception cref="SessionStoreException">The store cannot answer or is full; a verified session that was presented may have ended.</exception>
    ValueTask SetPendingAsync(string userId, JsonObject? metadata = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// After a further factor was shown, or the password once more: raises the assurance level, makes the session fresh (<see cref="SessionData.IsFresh"/>) and signs a pending one in. The id is replaced at once, without grace:
    /// the old one is refused from then on (ASVS 5.0 V7.2.4, V7.5.3). Metadata stays. To change who the user is call <c>SetAsync</c>.
    /// </summary>
    /// <param name="assuranceLevel">The level, 0 to 255. A session that has a higher one keeps it.</param>
    /// <param name="options">
    /// The lifetimes from now on, the absolute one counted from the session's creation. What is null in it, or all of it: a pending session gets that of <see cref="SactSessionOptions"/>, one that is signed in keeps its own.
    /// </param>
    /// <param name="cancellationToken">Looked at before the write begins.</param>
    /// <returns>
    /// False, and nobody is raised, if there is no pending or signed-in session, if the id is good only by its grace, if another caller has replaced the id meanwhile, or if the new absolute timeout is over already.
    /// </returns>
    /// <exception cref="ArgumentException">The level is out of its range, or an option goes beyond <see cref="SactSessionOptions"/>.</exception>
    /// <exception cref="InvalidOperationException">The response has started.</exception>
    /// <exception cref="SessionStoreException">The store cannot answer.</exception>
    ValueTask<bool> RaiseAsync(int assuranceLevel, SessionSignInOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Begins an anonymous session, for data without a user. It is null to <see cref="GetAsync"/>, false to <see cref="UpdateAsync(JsonObject, CancellationToken)"/>, and is not inherited at sign-in. Lives for
    /// <see cref="SactSessionOptions.AnonymousIdleTimeout"/>.
    /// </summary>
    /// <param name="fields">Its data; null for none.</param>
    /// <param name="cancellationToken">Looked at before the write begins.</param>
    /// <returns>True if it began; false, with nothing changed, if the request has a live session already, in whatever state, or its session lives on under a newer id, whose cookie must not be overwritten.</returns>
    /// <exception cref="ArgumentException">The fields break a rule.</exception>
    /// <exception cref="InvalidOperationException">The response has started.</exception>
    /// <exception cref="SessionStoreException">The store cannot answer or is full.</exception>
    ValueTask<bool> StartAsync(JsonObject? fields = null, CancellationToken cancellationToken = default);

    /// <summary>Adds or replaces metadata of the signed-in session; what other requests change meanwhile in other fields stays. Never creates a session.</summary>
    /// <param name="fields">Names and new values; <c>null</c> is a value. To remove, call <see cref="RemoveAsync(IEnumerable{string}, CancellationToken)"/>.</param>
    /// <param name="cancellationToken">Looked at before the write begins.</param>
    /// <returns>False if nobody is signed in, or no longer is.</returns>
    /// <exception cref="ArgumentException">A name or value breaks a rule, or the session would be larger than <see cref="SactSessionOptions.MaxRecordBytes"/>. Nothing has changed.</exception>
    /// <exception cref="SessionStoreException">The store cannot answer; <see cref="SessionStoreException.OutcomeUnknown"/> says whether the write may have happened.</exception>
    [OverloadResolutionPriority(1)]
    ValueTask<bool> UpdateAsync(JsonObject fields, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="UpdateAsync(JsonObject, CancellationToken)"/>
    ValueTask<bool> UpdateAsync(JsonElement fields, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="UpdateAsync(JsonObject, CancellationToken)"/>
    /// <typeparam name="T">The fields' type, which must make a JSON object.</typeparam>
    /// <param name="fields">Names and new values.</param>
    /// <param name="typeInfo">How to write the type: a property of your <c>JsonSerializerContext</c>.</param>
    /// <param name="cancellationToken">Looked at before the write begins.</param>
    ValueTask<bool> UpdateAsync<T>(T fields, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken = default);

    /// <summary>
    /// Reads one field, computes its new value and writes it if nobody has written the field meanwhile; else it computes again (compare-and-swap). So no increment is lost. Writers of other fields do
    /// not disturb it.
    /// </summary>
    /// <typeparam name="T">The field's type.</typeparam>
    /// <param name="name">The field's name.</param>
    /// <param name="modify">From the value, or <c>default</c> if the field is absent or <c>null</c>, to the new one. May run more than once.</param>
    /// <param name="cancellationToken">Looked at before each try.</param>
    /// <returns>False if nobody is signed in, or no longer is.</returns>
    /// <exception cref="ArgumentException">The name or the new value breaks a rule, or the session would be too large.</exception>
    /// <exception cref="JsonException">The field's value is of another kind.</exception>
    /// <exception cref="SessionStoreException">The store cannot answer.</exception>
    ValueTask<bool> ModifyAsync<T>(string name, Func<T?, T> modify, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="ModifyAsync{T}(string, Func{T, T}, CancellationToken)"/>
    /// <param name="name">The field's name.</param>
    /// <param name="modify">From the value, or <c>default</c> if the field is absent or <c>null</c>, to the new one. May run more than once.</param>
    /// <param name="typeInfo">How to read and write the type: a property of your <c>JsonSerializerContext</c>.</param>
    /// <param name="cancellationToken">Looked at before each try.</param>
    ValueTask<bool> ModifyAsync<T>(string name, Func<T?, T> modify, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken = default);

    /// <summary>Removes metadata of the signed-in session; a name that is not there is skipped.</summary>
    /// <param name="names">The fields' names.</param>
    /// <param name="cancellationToken">Looked at before the write begins.</param>
    /// <returns>False if nobody is signed in, or no longer is.</returns>
    /// <exception cref="ArgumentException">A name breaks a rule.</exception>
    /// <exception cref="SessionStoreException">The store cannot answer.</exception>
    ValueTask<bool> RemoveAsync(IEnumerable<string> names, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="RemoveAsync(IEnumerable{string}, CancellationToken)"/>
    ValueTask<bool> RemoveAsync(params string[] names);

    /// <summary>
    /// Signs out: ends the session of this request, whatever its state, by an id in its grace too, and deletes its cookie, always. The cookie is deleted even if the store fails. After the response has started the session is
    /// ended all the same; the cookie stays with the client and is worth nothing.
    /// </summary>
    /// <param name="cancellationToken">Looked at before the write begins. The client's disconnect does not stop it.</param>
    /// <exception cref="SessionStoreException">The store cannot answer: the session may live on until it expires, but this client has lost its cookie.</exception>
    ValueTask DeleteAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Gives the signed-in session a new secret (OWASP renewal) without ending it. The old one stays good until the new one has arrived, and for <see cref="SactSessionOptions.RenewalGrace"/> after, so no
    /// request in flight is signed out. Of parallel renewals one sends a cookie; all succeed. It does not extend the session's life.
    /// </summary>
    /// <param name="immediately">
    /// True to refuse the old secret at once, without grace: after a step-up, or when it may have been seen. Parallel requests with the old one are then signed out, and of parallel callers only one succeeds.
    /// </param>
    /// <param name="cancellationToken">Looked at before the write begins.</param>
    /// <returns>False if nobody is signed in, or no longer is, or another caller has replaced the secret at once.</returns>
    /// <exception cref="InvalidOperationException">The response has started.</exception>
    /// <exception cref="SessionStoreException">The store cannot answer.</exception>
    ValueTask<bool> RenewAsync(bool immediately = false, CancellationToken cancellationToken = default);

    /// <summary>The signed-in user's own live, signed-in sessions, the last seen first (ASVS 5.0 V7.5.2). Empty if nobody is signed in.</summary>
    /// <param name="cancellationToken">Gives the listing up; so does the client's disconnect.</param>
    /// <exception cref="SessionStoreException">The store cannot answer.</exception>
    ValueTask<IReadOnlyList<SessionData>> GetActiveSessionsAsync(CancellationToken cancellationToken = default);

    /// <summary>Ends all sessions of the signed-in user but this one (ASVS 5.0 V7.4.3): call it after a change of password.</summary>
    /// <param name="cancellationToken">Looked at before the write begins.</param>
    /// <returns>How many live sessions ended; 0 if nobody is signed in.</returns>
    /// <exception cref="SessionStoreException">The store cannot answer; some may have ended. Call again.</exception>
    ValueTask<long> DeleteOtherSessionsAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// After a change of password, or of any factor: ends all sessions of the signed-in user but this one, and replaces this one's id at once, so that a copy of its cookie is worth nothing either (ASVS 5.0 V7.4.3, V7.2.4).
    /// The others end whatever becomes of this one.
    /// </summary>
    /// <param name="cancellationToken">Looked at before each write begins.</param>
    /// <returns>
    /// True if this session goes on. False if nobody was signed in; or if this one's id was replaced at once by another caller meanwhile, so that it no longer is. An id in its grace ends the others and gets no new one: its client has a newer
    /// one already.
    /// </returns>
    /// <exception cref="InvalidOperationException">The response has started, so no cookie can be sent. Nothing has changed.</exception>
    /// <exception cref="SessionStoreException">The store cannot answer; some may have ended. Call again.</exception>
    ValueTask<bool> KeepOnlyThisSessionAsync(CancellationToken cancellationToken = default);

    /// <summary>Ends one of the signed-in user's own sessions; if it is this one, it signs out, cookie and all.</summary>
    /// <param name="key">Which: <see cref="SessionData.Key"/> out of <see cref="GetActiveSessionsAsync"/>.</param>
    /// <param name="cancellationToken">Looked at before the write begins.</param>
    /// <returns>True if it ended a live session; false, which tells nothing, if nobody is signed in, there is no such session, or it is another user's.</returns>
    /// <exception cref="ArgumentException">The key is <c>default</c>.</exception>
    /// <exception cref="SessionStoreException">The store cannot answer.</exception>
    ValueTask<bool> DeleteSessionAsync(SessionKey key, CancellationToken cancellationToken = default);

    /// <summary>Signs out everywhere: ends all sessions of the signed-in user, this one too, and deletes the cookie, even if the store fails.</summary>
    /// <param name="cancellationToken">Looked at before the write begins.</param>
    /// <returns>How many live sessions ended; 0 if nobody is signed in.</returns>
    /// <exception cref="SessionStoreException">The store cannot answer; some may have ended. Call again.</exception>
    ValueTask<long> DeleteAllSessionsAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Sends the session's cookie once more, or deletes it. Signing in and out do so by themselves. Once a renewal has made a newer id, an older one is not sent: the client has the newer one, or may be about to receive it.
    /// </summary>
    /// <param name="unset">True to delete the cookie, leaving the session as it is.</param>
    /// <exception cref="InvalidOperationException">The id was neither verified nor issued in this request, or the response has started.</exception>
    void SetCookie(bool unset = false);

    /// <summary>
    /// Sets a cookie of the application's own, with the session cookie's attributes (HttpOnly too, so scripts do not see it), or deletes it. Whoever has the client can read and change it.
    /// </summary>
    /// <param name="name">Its name: an HTTP token, not the session cookie's.</param>
    /// <param name="value">Any well-formed text; it is percent-encoded. With <paramref name="unset"/> it does not matter.</param>
    /// <param name="unset">True to delete the cookie.</param>
    /// <exception cref="ArgumentException">The name breaks a rule, or name and encoded value have over 4096 bytes.</exception>
    /// <exception cref="InvalidOperationException">The response has started.</exception>
    void SetCustomCookie(string name, string? value, bool unset = false);

    /// <summary>
    /// The value of a custom cookie as the client sent it, decoded; null if it is absent or was sent with different values. Not to be trusted. Reading it does not ask for the session, so a response that
    /// depends on it needs its own <c>Vary: Cookie</c>.
    /// </summary>
    /// <param name="name">Its name, compared exactly.</param>
    /// <exception cref="ArgumentException">The name breaks a rule.</exception>
    string? GetCustomCookie(string name);

    /// <summary>Sets a cookie whose value the client can neither read nor change (Data Protection), bound to its name.</summary>
    /// <param name="name">Its name: an HTTP token, not the session cookie's.</param>
    /// <param name="value">Any well-formed text. With <paramref name="unset"/> it does not matter.</param>
    /// <param name="unset">True to delete the cookie.</param>
    /// <exception cref="ArgumentException">The name breaks a rule, or name and protected value have over 4096 bytes.</exception>
    /// <exception cref="InvalidOperationException">The response has started, or Data Protection is not there.</exception>
    void SetProtectedCookie(string name, string? value, bool unset = false);

    /// <summary>The value of a protected cookie; null if it is absent, was tampered with, moved from another name, or was protected with other keys.</summary>
    /// <param name="name">Its name, compared exactly.</param>
    /// <exception cref="ArgumentException">The name breaks a rule.</exception>
    /// <exception cref="InvalidOperationException">Data Protection is not there.</exception>
    string? GetProtectedCookie(string name);
}
