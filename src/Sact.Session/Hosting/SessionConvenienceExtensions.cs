using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Sact.Session;

/// <summary>Anonymous types as metadata, and the spelling of the TypeScript class that this one descends from.</summary>
public static class SessionConvenienceExtensions
{
    private const string NeedsReflection = "Anonymous types are written by reflection. Pass a JsonObject (new() { [\"theme\"] = \"dark\" }), or an object with its JsonTypeInfo.";

    /// <summary>Signs a user in with metadata from an object's properties: <c>SetAsync(id, new { role = "admin" })</c>. See <see cref="ISession{TStore}.SetAsync(string, System.Text.Json.Nodes.JsonObject?, CancellationToken)"/>.</summary>
    /// <param name="session">The session.</param>
    /// <param name="userId">The application's id of the user.</param>
    /// <param name="metadata">An object with named properties; no text, number, collection or token.</param>
    /// <param name="cancellationToken">Looked at before each write begins.</param>
    /// <exception cref="ArgumentException">The object makes no JSON object, or a name or value breaks a rule.</exception>
    [RequiresUnreferencedCode(NeedsReflection)]
    [RequiresDynamicCode(NeedsReflection)]
    public static ValueTask SetAsync(this ISession<IGenericStore> session, string userId, object metadata, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        return session.SetAsync(userId, ToElement(session, metadata, nameof(metadata)), cancellationToken);
    }

    /// <summary>Signs a user in with metadata from an object's properties and with options of its own. See <see cref="ISession{TStore}.SetAsync(string, System.Text.Json.Nodes.JsonObject?, SessionSignInOptions, CancellationToken)"/>.</summary>
    /// <param name="session">The session.</param>
    /// <param name="userId">The application's id of the user.</param>
    /// <param name="metadata">An object with named properties; no text, number, collection or token.</param>
    /// <param name="options">What this sign-in has for itself.</param>
    /// <param name="cancellationToken">Looked at before each write begins.</param>
    /// <exception cref="ArgumentException">The object makes no JSON object, a name or value breaks a rule, or an option goes beyond <see cref="SactSessionOptions"/>.</exception>
    [RequiresUnreferencedCode(NeedsReflection)]
    [RequiresDynamicCode(NeedsReflection)]
    public static ValueTask SetAsync(this ISession<IGenericStore> session, string userId, object metadata, SessionSignInOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        return session.SetAsync(userId, ToElement(session, metadata, nameof(metadata)), options, cancellationToken);
    }

    /// <summary>Signs a user in with options of its own and without metadata. See <see cref="ISession{TStore}.SetAsync(string, System.Text.Json.Nodes.JsonObject?, SessionSignInOptions, CancellationToken)"/>.</summary>
    /// <param name="session">The session.</param>
    /// <param name="userId">The application's id of the user.</param>
    /// <param name="options">What this sign-in has for itself.</param>
    /// <param name="cancellationToken">Looked at before each write begins.</param>
    /// <exception cref="ArgumentException">The user id breaks a rule, or an option goes beyond <see cref="SactSessionOptions"/>.</exception>
    public static ValueTask SetAsync(this ISession<IGenericStore> session, string userId, SessionSignInOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        return session.SetAsync(userId, null, options, cancellationToken);
    }

    /// <summary>Adds or replaces metadata from an object's properties: <c>UpdateAsync(new { theme = "dark" })</c>. See <see cref="ISession{TStore}.UpdateAsync(System.Text.Json.Nodes.JsonObject, CancellationToken)"/>.</summary>
    /// <param name="session">The session.</param>
    /// <param name="fields">An object with named properties; no text, number, collection or token.</param>
    /// <param name="cancellationToken">Looked at before the write begins.</param>
    /// <returns>False if nobody is signed in, or no longer is.</returns>
    /// <exception cref="ArgumentException">The object makes no JSON object, or a name or value breaks a rule.</exception>
    [RequiresUnreferencedCode(NeedsReflection)]
    [RequiresDynamicCode(NeedsReflection)]
    public static ValueTask<bool> UpdateAsync(this ISession<IGenericStore> session, object fields, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        return session.UpdateAsync(ToElement(session, fields, nameof(fields)), cancellationToken);
    }

    /// <summary><c>SetCustomCookie</c>, as <c>@sact/session</c> spells it.</summary>
    /// <param name="session">The session.</param>
    /// <param name="name">The cookie's name.</param>
    /// <param name="value">Its value.</param>
    /// <param name="unset">True to delete it.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void SetCostumCookie(this ISession<IGenericStore> session, string name, string? value, bool unset = false)
    {
        ArgumentNullException.ThrowIfNull(session);
        session.SetCustomCookie(name, value, unset);
    }

    private static JsonElement ToElement(ISession<IGenericStore> session, object fields, string parameter)
    {
        ArgumentNullException.ThrowIfNull(fields, parameter);
        if (fields is CancellationToken)
        {
            throw new ArgumentException("A CancellationToken is no metadata. Pass null before it: SetAsync(userId, null, cancellationToken).", parameter);
        }

        // Taken for metadata, "sign in for ten minutes" would become a sign-in for a week.
        if (fields is SessionSignInOptions)
        {
            throw new ArgumentException("SessionSignInOptions is no metadata. Pass the metadata, or null, before it: SetAsync(userId, null, options).", parameter);
        }

        var json = session.Options.Settings.Json;
        return json.TryGetTypeInfo(fields.GetType(), out var info)
            ? FieldsFromJson.ToElement(fields, info, parameter)
            : throw new InvalidOperationException(NeedsReflection);
    }
}
