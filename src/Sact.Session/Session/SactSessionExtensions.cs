using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Sact.Session;

/// <summary>
/// Overloads of the session's methods: metadata from an anonymous type, from a <see cref="JsonElement"/>, or from a type and its
/// description.
/// </summary>
public static class SactSessionExtensions
{
    private const string NeedsReflection =
        "Anonymous types are written by reflection. Pass a JsonObject (new() { [\"theme\"] = \"dark\" }), or an object with its "
        + "JsonTypeInfo.";

    /// <summary>Signs a user in with metadata from the properties of an object: <c>SetAsync(id, new { role = "admin" })</c>.</summary>
    /// <param name="session">The session.</param>
    /// <param name="userId">The application's id of the user.</param>
    /// <param name="metadata">An object with named properties.</param>
    /// <param name="cancellationToken">Read before each write begins.</param>
    /// <exception cref="ArgumentException">The object does not serialise to a JSON object, or a name or value breaks a rule.</exception>
    [RequiresUnreferencedCode(NeedsReflection)]
    [RequiresDynamicCode(NeedsReflection)]
    public static ValueTask SetAsync<T>(this ISactSession session, string userId, T metadata, CancellationToken cancellationToken = default)
        where T : class => Checked(session).SetAsync(userId, ToElement(session, metadata, nameof(metadata)), cancellationToken);

    /// <summary>Signs a user in with metadata from the properties of an object and with options.</summary>
    /// <param name="session">The session.</param>
    /// <param name="userId">The application's id of the user.</param>
    /// <param name="metadata">An object with named properties.</param>
    /// <param name="options">Options of this sign-in.</param>
    /// <param name="cancellationToken">Read before each write begins.</param>
    /// <exception cref="ArgumentException">
    /// The object does not serialise to a JSON object, a name or value breaks a rule, or an option exceeds
    /// <see cref="SactSessionOptions"/>.
    /// </exception>
    [RequiresUnreferencedCode(NeedsReflection)]
    [RequiresDynamicCode(NeedsReflection)]
    public static ValueTask SetAsync<T>(
        this ISactSession session, string userId, T metadata, SessionSignInOptions options, CancellationToken cancellationToken = default)
        where T : class => Checked(session).SetAsync(userId, ToElement(session, metadata, nameof(metadata)), options, cancellationToken);

    /// <summary>Signs a user in with options and without metadata.</summary>
    /// <param name="session">The session.</param>
    /// <param name="userId">The application's id of the user.</param>
    /// <param name="options">Options of this sign-in.</param>
    /// <param name="cancellationToken">Read before each write begins.</param>
    /// <exception cref="ArgumentException">The user id breaks a rule, or an option exceeds <see cref="SactSessionOptions"/>.</exception>
    public static ValueTask SetAsync(
        this ISactSession session, string userId, SessionSignInOptions options, CancellationToken cancellationToken = default) =>
        Checked(session).SetAsync(userId, null, options, cancellationToken);

    /// <summary>Begins a pending sign-in with metadata from the properties of an object.</summary>
    /// <inheritdoc cref="ISactSession.SetPendingAsync(string, JsonObject?, CancellationToken)"/>
    [RequiresUnreferencedCode(NeedsReflection)]
    [RequiresDynamicCode(NeedsReflection)]
    public static ValueTask SetPendingAsync<T>(
        this ISactSession session, string userId, T metadata, CancellationToken cancellationToken = default)
        where T : class => session.SetPendingAsync(userId, ToElement(session, metadata, nameof(metadata)), cancellationToken);

    /// <inheritdoc cref="ISactSession.SetPendingAsync(string, JsonObject?, CancellationToken)"/>
    public static ValueTask SetPendingAsync(
        this ISactSession session, string userId, JsonElement metadata, CancellationToken cancellationToken = default) =>
        Checked(session).SetPendingAsync(userId, ToObject(metadata, nameof(metadata)), cancellationToken);

    /// <inheritdoc cref="ISactSession.SetPendingAsync(string, JsonObject?, CancellationToken)"/>
    public static ValueTask SetPendingAsync<T>(
        this ISactSession session, string userId, T metadata, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken = default) =>
        session.SetPendingAsync(userId, ToElement(metadata, typeInfo, nameof(metadata)), cancellationToken);

    /// <summary>Raises the assurance level and sets metadata from the properties of an object in the same write.</summary>
    /// <inheritdoc cref="ISactSession.RaiseAsync(int, JsonObject, SessionSignInOptions?, CancellationToken)"/>
    [RequiresUnreferencedCode(NeedsReflection)]
    [RequiresDynamicCode(NeedsReflection)]
    public static ValueTask<bool> RaiseAsync<T>(
        this ISactSession session,
        int assuranceLevel,
        T metadata,
        SessionSignInOptions? options = null,
        CancellationToken cancellationToken = default)
        where T : class => session.RaiseAsync(assuranceLevel, ToElement(session, metadata, nameof(metadata)), options, cancellationToken);

    /// <inheritdoc cref="ISactSession.RaiseAsync(int, JsonObject, SessionSignInOptions?, CancellationToken)"/>
    public static ValueTask<bool> RaiseAsync(
        this ISactSession session,
        int assuranceLevel,
        JsonElement metadata,
        SessionSignInOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Checked(session).RaiseAsync(assuranceLevel, ToObject(metadata, nameof(metadata)), options, cancellationToken);

    /// <inheritdoc cref="ISactSession.RaiseAsync(int, JsonObject, SessionSignInOptions?, CancellationToken)"/>
    public static ValueTask<bool> RaiseAsync<T>(
        this ISactSession session,
        int assuranceLevel,
        T metadata,
        JsonTypeInfo<T> typeInfo,
        SessionSignInOptions? options = null,
        CancellationToken cancellationToken = default) =>
        session.RaiseAsync(assuranceLevel, ToElement(metadata, typeInfo, nameof(metadata)), options, cancellationToken);

    /// <summary>Begins an anonymous session with data from the properties of an object.</summary>
    /// <inheritdoc cref="ISactSession.StartAsync(JsonObject?, CancellationToken)"/>
    [RequiresUnreferencedCode(NeedsReflection)]
    [RequiresDynamicCode(NeedsReflection)]
    public static ValueTask<bool> StartAsync<T>(this ISactSession session, T fields, CancellationToken cancellationToken = default)
        where T : class => session.StartAsync(ToElement(session, fields, nameof(fields)), cancellationToken);

    /// <inheritdoc cref="ISactSession.StartAsync(JsonObject?, CancellationToken)"/>
    public static ValueTask<bool> StartAsync(
        this ISactSession session, JsonElement fields, CancellationToken cancellationToken = default) =>
        Checked(session).StartAsync(ToObject(fields, nameof(fields)), cancellationToken);

    /// <inheritdoc cref="ISactSession.StartAsync(JsonObject?, CancellationToken)"/>
    public static ValueTask<bool> StartAsync<T>(
        this ISactSession session, T fields, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken = default) =>
        session.StartAsync(ToElement(fields, typeInfo, nameof(fields)), cancellationToken);

    /// <summary>Adds or replaces metadata from the properties of an object: <c>UpdateAsync(new { theme = "dark" })</c>.</summary>
    /// <param name="session">The session.</param>
    /// <param name="fields">An object with named properties.</param>
    /// <param name="cancellationToken">Read before the write begins.</param>
    /// <returns>False if nobody is signed in, or no longer is.</returns>
    /// <exception cref="ArgumentException">The object does not serialise to a JSON object, or a name or value breaks a rule.</exception>
    [RequiresUnreferencedCode(NeedsReflection)]
    [RequiresDynamicCode(NeedsReflection)]
    public static ValueTask<bool> UpdateAsync<T>(this ISactSession session, T fields, CancellationToken cancellationToken = default)
        where T : class => Checked(session).UpdateAsync(ToElement(session, fields, nameof(fields)), cancellationToken);

    /// <summary><see cref="ISactSession.SetCustomCookie"/> in the spelling of <c>@sact/session</c>.</summary>
    /// <param name="session">The session.</param>
    /// <param name="name">The name of the cookie.</param>
    /// <param name="value">Its value.</param>
    /// <param name="unset">True to delete it.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void SetCostumCookie(this ISactSession session, string name, string? value, bool unset = false) =>
        Checked(session).SetCustomCookie(name, value, unset);

    /// <summary>Does not compile: a string is not metadata.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    [Obsolete("A string is not metadata. Pass named values: SetAsync(userId, new() { [\"role\"] = \"admin\" }).", error: true)]
    public static ValueTask SetAsync(
        this ISactSession session, string userId, string metadata, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    /// <summary>Does not compile: a token is not metadata.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    [Obsolete("A CancellationToken is not metadata. Name the argument: SetAsync(userId, cancellationToken: token).", error: true)]
    public static ValueTask SetAsync(this ISactSession session, string userId, CancellationToken metadata) =>
        throw new NotSupportedException();

    /// <summary>Does not compile: a call without a name removes nothing.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    [Obsolete("RemoveAsync needs the name of a field: RemoveAsync(\"theme\").", error: true)]
    public static ValueTask<bool> RemoveAsync(this ISactSession session) => throw new NotSupportedException();

    private static ISactSession Checked(ISactSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        return session;
    }

    private static JsonObject ToObject(JsonElement element, string parameter) => element.ValueKind == JsonValueKind.Object
        ? JsonObject.Create(element)!
        : throw new ArgumentException($"The element is {element.ValueKind}. Metadata must be a JSON object.", parameter);

    private static JsonElement ToElement<T>(T value, JsonTypeInfo<T> typeInfo, string parameter)
    {
        ArgumentNullException.ThrowIfNull(value, parameter);
        ArgumentNullException.ThrowIfNull(typeInfo);
        return FieldsFromJson.ToElement(value, typeInfo, parameter);
    }

    private static JsonElement ToElement<T>(ISactSession session, T value, string parameter)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(value, parameter);
        if (value is CancellationToken or SessionSignInOptions)
        {
            throw new ArgumentException(
                $"A {value.GetType().Name} is not metadata. Name the argument that you mean, or pass null as the metadata.", parameter);
        }

        var json = SessionServices.Of(session.Options).Settings.Json;
        return json.TryGetTypeInfo(value.GetType(), out var info)
            ? FieldsFromJson.ToElement(value, info, parameter)
            : throw new InvalidOperationException(NeedsReflection);
    }
}
