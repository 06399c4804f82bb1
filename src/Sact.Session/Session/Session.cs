using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <inheritdoc cref="ISession{TStore}"/>
[DebuggerDisplay("Session over {Store}")]
public partial class Session<TStore> : ISession<TStore>, IReservedSession
    where TStore : IGenericStore
{
    // A compare-and-swap is lost only to another writer's success, so this many in a row is no contention any more but a fault.
    private const int MostTries = 10_000;

    private readonly SessionResponse _response;

    /// <summary>Makes the session of a request by hand: without dependency injection or middleware, on a plain <see cref="DefaultHttpContext"/> too.</summary>
    /// <param name="request">The request whose cookie is read.</param>
    /// <param name="response">Its response, of the same <see cref="HttpContext"/>.</param>
    /// <param name="store">The store.</param>
    /// <param name="options">The options; clock, log and data protection are taken from them.</param>
    /// <exception cref="ArgumentException">Request and response are of different contexts.</exception>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">An option breaks its rule; the message names the mend.</exception>
    public Session(HttpRequest request, HttpResponse response, TStore store, SactSessionOptions options)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(response);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(options);
        if (!ReferenceEquals(request.HttpContext, response.HttpContext))
        {
            throw new ArgumentException("Request and response are of one HttpContext. Pass context.Request and context.Response.", nameof(response));
        }

        Store = store;
        Options = options;
        lock (request.HttpContext)
        {
            _response = SessionResponse.Of(request.HttpContext, Settings.Telemetry);
        }
    }

    internal Session(SessionResponse response, TStore store, SactSessionOptions options) => (_response, Store, Options) = (response, store, options);

    /// <inheritdoc/>
    [JsonIgnore]
    public HttpRequest Request => _response.Context.Request;

    /// <inheritdoc/>
    [JsonIgnore]
    public HttpResponse Response => _response.Context.Response;

    /// <inheritdoc/>
    [JsonIgnore]
    public TStore Store { get; }

    /// <inheritdoc/>
    [JsonIgnore]
    public SactSessionOptions Options { get; }

    /// <summary>The session id that was verified or issued in this request; null until one is. The secret: hidden from debugger, JSON and <see cref="ToString"/>; do not log it.</summary>
    [JsonIgnore]
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    [EditorBrowsable(EditorBrowsableState.Advanced)]
    public string? SessionId => _issued ?? (_standing == Standing.Verified ? Judged() : null);

    /// <inheritdoc/>
    public string GetSessionId()
    {
        Ask();
        return _issued ?? (_standing == Standing.Ended || !_isPresented ? null : SessionIdFormat.Encode(_presented)) ?? (_made ??= Store.CreateSessionId());
    }

    /// <inheritdoc/>
    public SessionKey GetKey() => Store.GetSessionKey(GetSessionId());

    /// <inheritdoc/>
    public ValueTask<SessionData?> GetAsync(bool reload = false, CancellationToken cancellationToken = default)
    {
        var any = GetAnyAsync(reload, cancellationToken);
        return any.IsCompletedSuccessfully ? new(SignedIn(any.Result)) : WaitAsync(any);

        static async ValueTask<SessionData?> WaitAsync(ValueTask<SessionData?> any) => SignedIn(await any.ConfigureAwait(false));

        static SessionData? SignedIn(SessionData? data) => data is { State: SessionState.SignedIn } ? data : null;
    }

    /// <inheritdoc/>
    public async ValueTask<SessionData?> GetAnyAsync(bool reload = false, CancellationToken cancellationToken = default)
    {
        using var turn = await TurnAsync(cancellationToken).ConfigureAwait(false);
        var record = await LoadAsync(reload, cancellationToken).ConfigureAwait(false);
        return record is null ? null : _data ??= new SessionData(record, Settings, isCurrent: true);
    }

    /// <inheritdoc/>
    [OverloadResolutionPriority(1)]
    public ValueTask SetAsync(string userId, JsonObject? metadata = null, CancellationToken cancellationToken = default) =>
        SignInAsync(userId, FieldsFromJson.From(metadata, nameof(metadata)), Settings.SignInTerms, cancellationToken);

    /// <inheritdoc/>
    public ValueTask SetAsync(string userId, JsonElement metadata, CancellationToken cancellationToken = default) =>
        SignInAsync(userId, FieldsFromJson.From(metadata, nameof(metadata)), Settings.SignInTerms, cancellationToken);

    /// <inheritdoc/>
    public ValueTask SetAsync<T>(string userId, T metadata, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken = default) =>
        SignInAsync(userId, FieldsFromJson.From(metadata, typeInfo, nameof(metadata)), Settings.SignInTerms, cancellationToken);

    /// <inheritdoc/>
    [OverloadResolutionPriority(1)]
    public ValueTask SetAsync(string userId, JsonObject? metadata, SessionSignInOptions options, CancellationToken cancellationToken = default) =>
        SignInAsync(userId, FieldsFromJson.From(metadata, nameof(metadata)), Terms(options), cancellationToken);

    /// <inheritdoc/>
    public ValueTask SetAsync(string userId, JsonElement metadata, SessionSignInOptions options, CancellationToken cancellationToken = default) =>
        SignInAsync(userId, FieldsFromJson.From(metadata, nameof(metadata)), Terms(options), cancellationToken);

    /// <inheritdoc/>
    public ValueTask SetAsync<T>(string userId, T metadata, JsonTypeInfo<T> typeInfo, SessionSignInOptions options, CancellationToken cancellationToken = default) =>
        SignInAsync(userId, FieldsFromJson.From(metadata, typeInfo, nameof(metadata)), Terms(options), cancellationToken);

    /// <inheritdoc/>
    public ValueTask SetPendingAsync(string userId, JsonObject? metadata = null, CancellationToken cancellationToken = default) =>
        SignInAsync(userId, FieldsFromJson.From(metadata, nameof(metadata)), Settings.PendingTerms, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> StartAsync(JsonObject? fields = null, CancellationToken cancellationToken = default) =>
        StartAsync(FieldsFromJson.From(fields, nameof(fields)), cancellationToken);

    private async ValueTask<bool> StartAsync(SessionFields fields, CancellationToken cancellationToken, int? epoch = null)
    {
        Limited(fields, nameof(fields));
        using var turn = await TurnAsync(cancellationToken).ConfigureAwait(false);
        _response.ThrowIfStarted();
        // Not in the place of a newer id either: its cookie would be overwritten, and the user signed out by whichever answer comes last.
        if ((epoch ?? _epoch) != _epoch || await LoadAsync(reload: false, cancellationToken).ConfigureAwait(false) is not null || _outpaced)
        {
            return false;
        }

        await BeginAsync(null, fields, Settings.AnonymousTerms, (_epoch, false), cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    [OverloadResolutionPriority(1)]
    public ValueTask<bool> UpdateAsync(JsonObject fields, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(fields);
        return MergeAsync(FieldsFromJson.From(fields, nameof(fields)), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<bool> UpdateAsync(JsonElement fields, CancellationToken cancellationToken = default) =>
        MergeAsync(FieldsFromJson.From(fields, nameof(fields)), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> UpdateAsync<T>(T fields, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken = default) =>
        MergeAsync(FieldsFromJson.From(fields, typeInfo, nameof(fields)), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> ModifyAsync<T>(string name, Func<T?, T> modify, CancellationToken cancellationToken = default) =>
        ModifyAsync(name, modify, SessionJson.TypeInfo<T>(Settings.Json), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<bool> ModifyAsync<T>(string name, Func<T?, T> modify, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken = default)
    {
        SessionFieldRule.ThrowIfBadName(name, allowReserved: false, nameof(name));
        ArgumentNullException.ThrowIfNull(modify);
        ArgumentNullException.ThrowIfNull(typeInfo);
        for (int i = 0; i < MostTries; i++)
        {
            // The application's function runs between the turns: it may use the session itself.
            var seen = await SignedInAsync(cancellationToken).ConfigureAwait(false);
            if (seen is null)
            {
                return false;
            }

            // The cast matters: a bare null would become an empty value, not an absent one.
            var stood = seen.Fields.TryGetValue(name, out var json) ? json : (ReadOnlyMemory<byte>?)null;
            var set = FieldsFromJson.One(name, modify(SessionJson.Read(seen.Fields, name, typeInfo)), typeInfo, nameof(modify));
            switch (await ChangeAsync(set, [], new SessionFieldCondition(name, stood), nameof(modify), cancellationToken).ConfigureAwait(false))
            {
                case SessionUpdateStatus.Applied:
                    return true;
                case SessionUpdateStatus.Gone:
                    return false;
            }

            Settings.Telemetry.Metrics.Conflict();
        }

        throw new SessionStoreException($"The field could not be changed: {MostTries} times in a row the store reported another writer. Look at the store's conditional update.");
    }

    /// <inheritdoc/>
    public async ValueTask<bool> RemoveAsync(IEnumerable<string> names, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(names);
        string[] gone = [.. names];
        foreach (string name in gone)
        {
            SessionFieldRule.ThrowIfBadName(name, allowReserved: false, nameof(names));
        }

        return await ChangeAsync(null, gone, null, nameof(names), cancellationToken).ConfigureAwait(false) == SessionUpdateStatus.Applied;
    }

    /// <inheritdoc/>
    public ValueTask<bool> RemoveAsync(params string[] names) => RemoveAsync(names, CancellationToken.None);

    /// <inheritdoc/>
    public async ValueTask DeleteAsync(CancellationToken cancellationToken = default)
    {
        // Not even a token that is cancelled already keeps the cookie from being deleted.
        using var turn = await TurnAsync(CancellationToken.None).ConfigureAwait(false);
        await SignOutAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Tells the type and nothing of the session.</summary>
    public override string ToString() => $"Session<{typeof(TStore).Name}>";

    private SessionSettings Settings => Options.Settings;

    private SessionTerms Terms(SessionSignInOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return SessionTerms.Of(options, Settings.SignInTerms, nameof(options));
    }

    private async ValueTask SignInAsync(string userId, SessionFields fields, SessionTerms terms, CancellationToken cancellationToken)
    {
        SessionFieldRule.ThrowIfBadUserId(userId, nameof(userId));
        Limited(fields, "metadata");
        using var turn = await TurnAsync(cancellationToken).ConfigureAwait(false);
        _response.ThrowIfStarted();
        var old = _unended ?? await LoadAsync(reload: false, cancellationToken, patiently: true).ConfigureAwait(false);
        (int, bool)? precursor = old is null or { State: SessionState.Anonymous } ? (_epoch, true) : null;
        fields = WithKept(old, fields);
        if (old is not null)
        {
            await EndAsync(old, EndedReason.Replaced, cancellationToken).ConfigureAwait(false);
        }

        await BeginAsync(userId, fields, terms, precursor, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<bool> MergeAsync(SessionFields fields, CancellationToken cancellationToken) =>
        await ChangeAsync(Limited(fields, nameof(fields)), [], null, nameof(fields), cancellationToken).ConfigureAwait(false) == SessionUpdateStatus.Applied;

    private async ValueTask<SessionUpdateStatus> ChangeAsync(
        SessionFields? set, IReadOnlyList<string> remove, SessionFieldCondition? condition, string parameter, CancellationToken cancellationToken, bool reserved = false, int? epoch = null)
    {
        using var turn = await TurnAsync(cancellationToken).ConfigureAwait(false);
        var record = (epoch ?? _epoch) == _epoch ? await LoadAsync(reload: false, cancellationToken, patiently: reserved).ConfigureAwait(false) : null;
        if (record is null || (!reserved && record.State != SessionState.SignedIn))
        {
            return SessionUpdateStatus.Gone;
        }

        var change = new SessionChange { Set = set, Remove = remove, Condition = condition, MaxBytes = Settings.MaxRecordBytes, Generation = _generation };
        var outcome = await WriteAsync(record, change, cancellationToken).ConfigureAwait(false);
        return outcome.Status == SessionUpdateStatus.TooLarge ? throw TooLarge(parameter) : outcome.Status;
    }

    private async ValueTask<SessionRecord?> SignedInAsync(CancellationToken cancellationToken)
    {
        using var turn = await TurnAsync(cancellationToken).ConfigureAwait(false);
        return await LoadAsync(reload: false, cancellationToken).ConfigureAwait(false) is { State: SessionState.SignedIn } record ? record : null;
    }

    private SessionFields Limited(SessionFields fields, string parameter) =>
        fields.SizeInBytes > Settings.MaxRecordBytes ? throw TooLarge(parameter) : fields;

    private ArgumentException TooLarge(string parameter) =>
        new($"The session's names and values would have more than MaxRecordBytes ({Settings.MaxRecordBytes}). Keep large data elsewhere and its id here, or raise SactSessionOptions.MaxRecordBytes.", parameter);
}
