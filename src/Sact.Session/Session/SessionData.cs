using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Sact.Session;

/// <summary>
/// The data of a session at the time it was read: the user, the times and the metadata. It is immutable and holds no secret,
/// but personal data. Only the data of a signed-in session can be serialised as a whole, because <see cref="UserId"/> throws for any other.
/// </summary>
[DebuggerDisplay("{Key} {State}")]
public sealed class SessionData
{
    private readonly SessionRecord _record;

    // Hidden, because the debugger evaluates the properties of what it shows.
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private readonly ISessionDataSource _source;

    private SessionFields? _fields;

    internal SessionData(SessionRecord record, ISessionDataSource source, bool isCurrent)
    {
        _record = record;
        _source = source;
        IsCurrent = isCurrent;
    }

    /// <summary>The record that was read.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    internal SessionRecord Record => _record;

    /// <summary>
    /// The application's id of the signed-in user. <see cref="ISactSession.GetAsync"/> returns only sessions that have one.
    /// For an anonymous
    /// or pending session it throws, so that no code takes one for a user.
    /// </summary>
    /// <exception cref="InvalidOperationException">Nobody is signed in: the session is anonymous or pending.</exception>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string UserId => State == SessionState.SignedIn
        ? _record.UserId!
        : throw new InvalidOperationException("Nobody is signed in to this session, so it has no UserId. "
            + "Check State first. A pending session has PendingUserId.");

    /// <summary>The user id of a pending sign-in; null for any other session. The user is not signed in yet.</summary>
    public string? PendingUserId => State == SessionState.Pending ? _record.UserId : null;

    /// <summary>Anonymous, pending or signed in.</summary>
    public SessionState State => _record.State;

    /// <summary>
    /// The key of the session, and its handle in a list of devices. It is not a secret, but it is personal data (GDPR article 4).
    /// </summary>
    public SessionKey Key => _record.Key;

    /// <summary>Whether this is the session of the request that read it.</summary>
    public bool IsCurrent { get; }

    /// <summary>How well the user is known, 0 to 255. An anonymous session has 0; a sign-in has 1 unless it sets another level.</summary>
    public int AssuranceLevel => _record.AssuranceLevel;

    /// <summary>The metadata: names and JSON values, without the fields of the library (<c>$…</c>).</summary>
    /// <remarks>
    /// Sealed metadata (<see cref="SactSessionOptions.SealMetadata"/>) of another device is missing here: only its own cookie opens it.
    /// </remarks>
    public SessionFields Fields => _fields ??= _record.CurrentKey is null
        ? _record.Fields.WithoutReserved()
        : SealedFields.Open(_record, IsCurrent ? _source.KeyOf(_record) : null, static name => name[0] != '$');

    /// <summary>When the session was created. Every time here is UTC, in whole milliseconds.</summary>
    public DateTimeOffset CreatedAt => _record.CreatedAt;

    /// <summary>When the user last proved their identity; null for an anonymous session.</summary>
    public DateTimeOffset? AuthenticatedAt => _record.AuthenticatedAt;

    /// <summary>When the session was last used. It may be too early by <see cref="SactSessionOptions.TouchInterval"/>.</summary>
    public DateTimeOffset LastSeenAt => _record.LastSeenAt;

    /// <summary>When the session expires unless it is used again; never later than its absolute timeout.</summary>
    public DateTimeOffset ExpiresAt => _record.ExpiresAt;

    /// <summary>Whether the session's cookie outlives the browser ("remember me").</summary>
    public bool IsPersistent => _record.IsPersistent;

    /// <summary>
    /// The device of the sign-in; null unless <see cref="SactSessionOptions.CaptureClient"/> was set then.
    /// The client chose these strings: encode them like any other input, and make no decision by them.
    /// </summary>
    public SessionClient? SignInClient => _record.SignInClient;

    /// <summary>
    /// The device of the request that wrote <see cref="LastSeenAt"/>, or else that of the sign-in; null unless
    /// <see cref="SactSessionOptions.CaptureClient"/> was set.
    /// </summary>
    public SessionClient? LastSeenClient => _record.LastSeenClient ?? _record.SignInClient;

    /// <summary>The value of a string field; null if the field is absent, <c>null</c> or not a string.</summary>
    /// <param name="name">The name of the field, compared ordinally.</param>
    /// <example><code>string? theme = data["theme"];</code></example>
    [JsonIgnore]
    public string? this[string name]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(name);
            return Fields.TryGetValue(name, out var json) && json.Span[0] == (byte)'"' ? SessionJson.Text(json.Span) : null;
        }
    }

    /// <summary>The value of a field as a type.</summary>
    /// <typeparam name="T">
    /// The type. Under Native AOT any but a simple type needs a <c>JsonSerializerContext</c> in
    /// <see cref="SactSessionOptions.SerializerOptions"/>.
    /// </typeparam>
    /// <param name="name">The name of the field, compared ordinally.</param>
    /// <returns>The value; <c>default</c> if the field is absent or <c>null</c>.</returns>
    /// <exception cref="JsonException">The value does not fit the type.</exception>
    /// <exception cref="InvalidOperationException">The JSON contract of the type is missing; the message says what to add.</exception>
    public T? Get<T>(string name) => Get(name, SessionJson.TypeInfo<T>(_source.Services.Settings.Json));

    /// <summary>The value of a field as a type.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <param name="name">The name of the field, compared ordinally.</param>
    /// <param name="typeInfo">The contract of the type: a property of your <c>JsonSerializerContext</c>.</param>
    /// <returns>The value; <c>default</c> if the field is absent or <c>null</c>.</returns>
    /// <exception cref="JsonException">The value does not fit the type.</exception>
    public T? Get<T>(string name, JsonTypeInfo<T> typeInfo)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(typeInfo);
        return SessionJson.Read(Fields, name, typeInfo);
    }

    /// <summary>All metadata as one object.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <returns>The object.</returns>
    /// <exception cref="JsonException">The metadata does not fit the type.</exception>
    /// <exception cref="InvalidOperationException">The JSON contract of the type is missing; the message says what to add.</exception>
    public T As<T>() => As(SessionJson.TypeInfo<T>(_source.Services.Settings.Json));

    /// <summary>All metadata as one object.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <param name="typeInfo">The contract of the type: a property of your <c>JsonSerializerContext</c>.</param>
    /// <returns>The object.</returns>
    /// <exception cref="JsonException">The metadata does not fit the type.</exception>
    public T As<T>(JsonTypeInfo<T> typeInfo)
    {
        ArgumentNullException.ThrowIfNull(typeInfo);
        var written = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(written))
        {
            Fields.WriteTo(writer);
        }

        return JsonSerializer.Deserialize(written.WrittenSpan, typeInfo)!;
    }

    /// <summary>
    /// Whether the user proved their identity recently. Check it before a sensitive action, such as a change of password or the deletion
    /// of an
    /// account (ASVS 5.0 V7.5.1 and V7.5.3).
    /// </summary>
    /// <param name="within">The maximum age of the proof.</param>
    /// <returns>True if the proof is not older; false if it is, or if nobody is signed in.</returns>
    public bool IsFresh(TimeSpan within) =>
        State == SessionState.SignedIn && AuthenticatedAt is { } at && _source.Services.Now - at <= within;

    /// <summary>The key and the state, without the user.</summary>
    /// <returns>A string such as <c>session:Ab3… (SignedIn)</c>.</returns>
    public override string ToString() => $"{Key} ({State})";
}
