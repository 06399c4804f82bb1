using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>The session of one request. See <see cref="ISactSession"/> for what it does.</summary>
/// <typeparam name="TStore">The type of the store.</typeparam>
[DebuggerDisplay("Session over {_session.Store}")]
public class Session<TStore> : ISession<TStore>
    where TStore : IGenericStore
{
    // Hidden from the debugger: it leads to the session id.
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private readonly RequestSession _session;

    /// <summary>
    /// Creates the session of a request by hand: without dependency injection or middleware, also on a plain
    /// <see cref="DefaultHttpContext"/>.
    /// </summary>
    /// <param name="request">The request whose cookie is read.</param>
    /// <param name="response">Its response, of the same <see cref="HttpContext"/>.</param>
    /// <param name="store">The store.</param>
    /// <param name="options">The options. Clock, log and data protection come from them.</param>
    /// <exception cref="ArgumentException">Request and response belong to different contexts.</exception>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">
    /// An option breaks its rule. The message says what to do.
    /// </exception>
    /// <example><code>var session = new Session&lt;MemoryStore>(context.Request, context.Response, store, new
    /// SactSessionOptions());</code></example>
    public Session(HttpRequest request, HttpResponse response, TStore store, SactSessionOptions options)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(response);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(options);
        if (!ReferenceEquals(request.HttpContext, response.HttpContext))
        {
            throw new ArgumentException(
                "The request and the response belong to different HttpContexts. Pass context.Request and context.Response of one context.",
                nameof(response));
        }

        var services = SessionServices.Of(options);
        lock (RequestLock.Of(request.HttpContext))
        {
            _session = new RequestSession(RequestFeature.Of(request.HttpContext, services.Telemetry), SessionBackend.Of(store, services));
        }
    }

    internal Session(RequestSession session) => _session = session;

    // No public properties: a serialiser or a logger that takes the object apart would find the session id, alone and in the request's
    // headers. SessionProperties has them for callers.
    HttpRequest ISactSession.Request => _session.Request.Context.Request;

    HttpResponse ISactSession.Response => _session.Request.Context.Response;

    SactSessionOptions ISactSession.Options => _session.Services.Options;

    SessionEndReason? ISactSession.EndReason => _session.State.EndReason;

    CancellationToken ISactSession.EndedToken => _session.Watch.EndedToken;

    TStore ISession<TStore>.Store => (TStore)_session.Store;

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    internal string? NewestId => _session.State.NewestId;

    /// <inheritdoc/>
    public string GetSessionId() => _session.GetSessionId();

    /// <inheritdoc/>
    public SessionKey GetKey() => _session.Store.GetSessionKey(GetSessionId());

    /// <inheritdoc/>
    public ValueTask<SessionData?> GetAsync(bool reload = false, CancellationToken cancellationToken = default)
    {
        var any = GetAnyAsync(reload, cancellationToken);
        return any.IsCompletedSuccessfully ? new(IfSignedIn(any.Result)) : WaitAsync(any);

        static async ValueTask<SessionData?> WaitAsync(ValueTask<SessionData?> any) => IfSignedIn(await any.ConfigureAwait(false));

        static SessionData? IfSignedIn(SessionData? data) => data is { State: SessionState.SignedIn } ? data : null;
    }

    /// <inheritdoc/>
    public ValueTask<SessionData?> GetAnyAsync(bool reload = false, CancellationToken cancellationToken = default) =>
        _session.ReadDataAsync(reload, cancellationToken);

    /// <inheritdoc/>
    [OverloadResolutionPriority(1)]
    public ValueTask SetAsync(string userId, JsonObject? metadata = null, CancellationToken cancellationToken = default) =>
        SignInAsync(userId, FieldsFromJson.From(metadata, nameof(metadata)), null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask SetAsync(string userId, JsonElement metadata, CancellationToken cancellationToken = default) =>
        SignInAsync(userId, FieldsFromJson.From(metadata, nameof(metadata)), null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask SetAsync<T>(string userId, T metadata, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken = default) =>
        SignInAsync(userId, FieldsFromJson.From(metadata, typeInfo, nameof(metadata)), null, cancellationToken);

    /// <inheritdoc/>
    [OverloadResolutionPriority(1)]
    public ValueTask SetAsync(
        string userId, JsonObject? metadata, SessionSignInOptions options, CancellationToken cancellationToken = default) =>
        SignInAsync(userId, FieldsFromJson.From(metadata, nameof(metadata)), Required(options), cancellationToken);

    /// <inheritdoc/>
    public ValueTask SetAsync(
        string userId, JsonElement metadata, SessionSignInOptions options, CancellationToken cancellationToken = default) =>
        SignInAsync(userId, FieldsFromJson.From(metadata, nameof(metadata)), Required(options), cancellationToken);

    /// <inheritdoc/>
    public ValueTask SetAsync<T>(
        string userId, T metadata, JsonTypeInfo<T> typeInfo, SessionSignInOptions options, CancellationToken cancellationToken = default) =>
        SignInAsync(userId, FieldsFromJson.From(metadata, typeInfo, nameof(metadata)), Required(options), cancellationToken);

    /// <inheritdoc/>
    [OverloadResolutionPriority(1)]
    public ValueTask SetPendingAsync(string userId, JsonObject? metadata = null, CancellationToken cancellationToken = default) =>
        _session.Start.SignInByHandAsync(
            userId, FieldsFromJson.From(metadata, nameof(metadata)), _session.Settings.PendingTerms, cancellationToken);

    /// <inheritdoc/>
    [OverloadResolutionPriority(1)]
    public ValueTask SetPendingAsync(
        string userId, JsonObject? metadata, SessionSignInOptions options, CancellationToken cancellationToken = default)
    {
        var terms = SessionTerms.Of(Required(options), _session.Settings.PendingTerms, nameof(options));
        return _session.Start.SignInByHandAsync(userId, FieldsFromJson.From(metadata, nameof(metadata)), terms, cancellationToken);
    }

    /// <inheritdoc/>
    [OverloadResolutionPriority(1)]
    public ValueTask<bool> RaiseAsync(
        int assuranceLevel, SessionSignInOptions? options = null, CancellationToken cancellationToken = default) =>
        RaiseAsync(assuranceLevel, (SessionFields?)null, options, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> RaiseAsync(
        int assuranceLevel, JsonObject metadata, SessionSignInOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        return RaiseAsync(assuranceLevel, FieldsFromJson.From(metadata, nameof(metadata)), options, cancellationToken);
    }

    /// <inheritdoc/>
    [OverloadResolutionPriority(1)]
    public ValueTask<bool> StartAsync(JsonObject? fields = null, CancellationToken cancellationToken = default) =>
        _session.Start.StartAnonymousAsync(
            FieldsFromJson.From(fields, nameof(fields)), _session.Settings.AnonymousTerms, number: null, cancellationToken);

    /// <inheritdoc/>
    [OverloadResolutionPriority(1)]
    public ValueTask<bool> StartAsync(JsonObject? fields, SessionSignInOptions options, CancellationToken cancellationToken = default)
    {
        if (Required(options).AssuranceLevel is not null)
        {
            throw new ArgumentException(
                "An anonymous session has no user, so it has no assurance level. Leave SessionSignInOptions.AssuranceLevel unset.",
                nameof(options));
        }

        var terms = SessionTerms.Of(options, _session.Settings.AnonymousTerms, nameof(options));
        return _session.Start.StartAnonymousAsync(FieldsFromJson.From(fields, nameof(fields)), terms, number: null, cancellationToken);
    }

    /// <inheritdoc/>
    [OverloadResolutionPriority(1)]
    public ValueTask<bool> UpdateAsync(JsonObject fields, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(fields);
        return _session.Fields.UpdateAsync(FieldsFromJson.From(fields, nameof(fields)), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<bool> UpdateAsync(JsonElement fields, CancellationToken cancellationToken = default) =>
        _session.Fields.UpdateAsync(FieldsFromJson.From(fields, nameof(fields)), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> UpdateAsync<T>(T fields, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken = default) =>
        _session.Fields.UpdateAsync(FieldsFromJson.From(fields, typeInfo, nameof(fields)), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ModifyResult<T>> ModifyAsync<T>(string name, Func<T?, T> modify, CancellationToken cancellationToken = default) =>
        _session.Fields.ModifyAsync(name, modify, SessionJson.TypeInfo<T>(_session.Settings.Json), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ModifyResult<T>> ModifyAsync<T>(
        string name, Func<T?, T> modify, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken = default) =>
        _session.Fields.ModifyAsync(name, modify, typeInfo, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> RemoveAsync(IEnumerable<string> names, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(names);
        return _session.Fields.RemoveAsync([.. names], cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<bool> RemoveAsync(string name, params string[] otherNames)
    {
        ArgumentNullException.ThrowIfNull(otherNames);
        return _session.Fields.RemoveAsync([name, .. otherNames], CancellationToken.None);
    }

    /// <inheritdoc/>
    public ValueTask DeleteAsync(CancellationToken cancellationToken = default) => _session.End.SignOutAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> RenewAsync(bool immediately = false, CancellationToken cancellationToken = default) =>
        _session.Renewer.RenewAsync(immediately, null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<SessionData>> GetActiveSessionsAsync(CancellationToken cancellationToken = default) =>
        _session.Devices.ListAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask<long> DeleteOtherSessionsAsync(bool renewCurrent = false, CancellationToken cancellationToken = default) =>
        _session.Devices.DeleteOthersAsync(renewCurrent, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> DeleteSessionAsync(SessionKey key, CancellationToken cancellationToken = default) =>
        _session.Devices.DeleteAsync(key, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<long> DeleteAllSessionsAsync(CancellationToken cancellationToken = default) =>
        _session.Devices.DeleteAllAsync(cancellationToken);

    /// <inheritdoc/>
    public void SetCookie(bool unset = false)
    {
        if (unset)
        {
            _session.Cookies.Delete();
        }
        else
        {
            _session.Cookies.SendAgain();
        }
    }

    /// <inheritdoc/>
    public void SetCustomCookie(string name, string? value, bool unset = false) => _session.Cookies.SetCustom(name, value, unset);

    /// <inheritdoc/>
    public string? GetCustomCookie(string name) => _session.Cookies.GetCustom(name);

    /// <inheritdoc/>
    public void SetProtectedCookie(string name, string? value, bool unset = false) => _session.Cookies.SetProtected(name, value, unset);

    /// <inheritdoc/>
    public string? GetProtectedCookie(string name) => _session.Cookies.GetProtected(name);

    /// <summary>The name of the type and nothing of the session.</summary>
    public override string ToString() => $"Session<{typeof(TStore).Name}>";

    private static SessionSignInOptions Required(SessionSignInOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options;
    }

    private ValueTask SignInAsync(
        string userId, SessionFields fields, SessionSignInOptions? options, CancellationToken cancellationToken) =>
        _session.Start.SignInByHandAsync(userId, fields, _session.Settings.SignInTermsFor(options, nameof(options)), cancellationToken);

    private ValueTask<bool> RaiseAsync(
        int assuranceLevel, SessionFields? fields, SessionSignInOptions? options, CancellationToken cancellationToken)
    {
        if (assuranceLevel is < 0 or > 255)
        {
            throw new ArgumentOutOfRangeException(nameof(assuranceLevel), assuranceLevel, "An assurance level must be between 0 and 255.");
        }

        if (options?.AssuranceLevel is not null)
        {
            throw new ArgumentException(
                "The level is the first argument of RaiseAsync. Leave SessionSignInOptions.AssuranceLevel unset here.", nameof(options));
        }

        var raise = new SessionRaiseRequest(assuranceLevel, _session.Settings.SignInTermsFor(options, nameof(options)), options, fields);
        return _session.Renewer.RenewAsync(immediately: true, raise, cancellationToken);
    }
}
