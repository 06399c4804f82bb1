using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Sact.Session;

/// <summary>
/// What a session was when it was read: who, since when, and the metadata. Immutable, without any secret: it may be logged, kept and sent
/// as far as personal data may. Only data of a signed-in session can be serialised as a whole, since <see cref="UserId"/> throws for any
/// other.
/// </summary>
[DebuggerDisplay("{Key} {State}")]
public sealed class SessionData
{
    private readonly SessionRecord _record;
    private readonly SessionServices _services;
    private SessionFields? _fields;

    internal SessionData(SessionRecord record, SessionServices services, bool isCurrent)
    {
        _record = record;
        _services = services;
        IsCurrent = isCurrent;
    }

    /// <summary>
    /// The application's id of the user who is signed in. <see cref="ISactSession.GetAsync"/> returns only such sessions; of an anonymous
    /// or pending one it throws, so that neither is ever taken for a user.
    /// </summary>
    /// <exception cref="InvalidOperationException">Nobody is signed in: the session is anonymous or pending.</exception>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string UserId => State == SessionState.SignedIn
        ? _record.UserId!
        : throw new InvalidOperationException(
            "Nobody is signed in to this session. Look at State first; of a pending session take PendingUserId.");

    /// <summary>Who is about to sign in, of a pending session; null of any other. Not a user yet.</summary>
    public string? PendingUserId => State == SessionState.Pending ? _record.UserId : null;

    /// <summary>Anonymous, pending or signed in.</summary>
    public SessionState State => _record.State;

    /// <summary>The session's name: its handle in a list of devices. No secret.</summary>
    public SessionKey Key => _record.Key;

    /// <summary>Whether it is the session of the request that read it.</summary>
    public bool IsCurrent { get; }

    /// <summary>How well the user is known, 0 to 255.</summary>
    public int AssuranceLevel => _record.AssuranceLevel;

    /// <summary>The metadata: names and JSON values, those of the library's own (<c>$…</c>) left out.</summary>
    public SessionFields Fields => _fields ??= _record.Fields.WithoutReserved();

    /// <summary>When the session was created (UTC, whole milliseconds, like every instant here).</summary>
    public DateTimeOffset CreatedAt => _record.CreatedAt;

    /// <summary>When the user last proved who they are; null of an anonymous session.</summary>
    public DateTimeOffset? AuthenticatedAt => _record.AuthenticatedAt;

    /// <summary>When the session was last seen, as exactly as <c>TouchInterval</c> allows.</summary>
    public DateTimeOffset LastSeenAt => _record.LastSeenAt;

    /// <summary>When the session ends unless it is seen again; never later than its absolute deadline.</summary>
    public DateTimeOffset ExpiresAt => _record.ExpiresAt;

    /// <summary>Whether the session's cookie outlives the browser ("remember me").</summary>
    public bool IsPersistent => _record.IsPersistent;

    /// <summary>
    /// The device at sign-in; null unless <see cref="SactSessionOptions.CaptureClient"/> was set then. Plain text that the client chose:
    /// encode it like any other input, and decide nothing by it.
    /// </summary>
    public SessionClient? SignInClient => _record.SignInClient;

    /// <summary>
    /// The device of the request with which <see cref="LastSeenAt"/> was written, or that of the sign-in; null unless
    /// <see cref="SactSessionOptions.CaptureClient"/> was set.
    /// </summary>
    public SessionClient? LastSeenClient => _record.LastSeenClient ?? _record.SignInClient;

    /// <summary>A text field's value; null if the field is absent, <c>null</c> or not a text.</summary>
    /// <param name="name">The field's name, compared ordinally.</param>
    [JsonIgnore]
    public string? this[string name]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(name);
            return Fields.TryGetValue(name, out var json) && json.Span[0] == (byte)'"' ? SessionJson.Text(json.Span) : null;
        }
    }

    /// <summary>A field's value; <c>default</c> if the field is absent or <c>null</c>.</summary>
    /// <typeparam name="T">
    /// Its type. Simple types need no more; under Native AOT others need a context in <c>SerializerOptions</c>.
    /// </typeparam>
    /// <param name="name">The field's name, compared ordinally.</param>
    /// <exception cref="JsonException">The value is of another kind.</exception>
    /// <exception cref="InvalidOperationException">Nothing is known of the type; the message says what to add.</exception>
    public T? Get<T>(string name) => Get(name, SessionJson.TypeInfo<T>(_services.Settings.Json));

    /// <summary>A field's value; <c>default</c> if the field is absent or <c>null</c>.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="name">The field's name, compared ordinally.</param>
    /// <param name="typeInfo">How to read the type: a property of your <c>JsonSerializerContext</c>.</param>
    /// <exception cref="JsonException">The value is of another kind.</exception>
    public T? Get<T>(string name, JsonTypeInfo<T> typeInfo)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(typeInfo);
        return SessionJson.Read(Fields, name, typeInfo);
    }

    /// <summary>All metadata as one object.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <exception cref="JsonException">The metadata does not fit the type.</exception>
    /// <exception cref="InvalidOperationException">Nothing is known of the type; the message says what to add.</exception>
    public T As<T>() => As(SessionJson.TypeInfo<T>(_services.Settings.Json));

    /// <summary>All metadata as one object.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="typeInfo">How to read the type: a property of your <c>JsonSerializerContext</c>.</param>
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
    /// Whether the user proved who they are within a span before now. Ask before something sensitive, such as a change of password or the
    /// deletion of an account (ASVS 5.0 V7.5.1 and V7.5.3).
    /// </summary>
    /// <param name="within">The span.</param>
    /// <returns>False too if the session is not signed in.</returns>
    public bool IsFresh(TimeSpan within) => State == SessionState.SignedIn && AuthenticatedAt is { } at && _services.Now - at <= within;

    /// <summary>Tells the key and the state, and nothing of the user.</summary>
    public override string ToString() => $"{Key} ({State})";
}
