using System.Text.Json.Nodes;

namespace Sact.Session.Testing;

/// <summary>Creates the data that a fake <see cref="ISactSession"/> returns.</summary>
public static class TestSessionData
{
    /// <summary>Creates data of a signed-in session. It belongs to no store.</summary>
    /// <param name="userId">The user id.</param>
    /// <param name="fields">The metadata; null for none.</param>
    /// <param name="options">Serialisation and clock; null for the defaults.</param>
    /// <returns>The data, as <see cref="ISactSession.GetAsync"/> returns it.</returns>
    /// <exception cref="ArgumentException">The user id or the metadata breaks a rule.</exception>
    /// <example><code>var alice = TestSessionData.SignedIn("alice", new() { ["role"] = "admin" });</code></example>
    public static SessionData SignedIn(string userId, JsonObject? fields = null, SactSessionOptions? options = null) =>
        Create(userId, fields, options, static settings => settings.SignInTerms);

    /// <summary>Creates data of a pending session: a sign-in that lacks a factor.</summary>
    /// <param name="userId">The user who is about to sign in.</param>
    /// <param name="fields">The metadata; null for none.</param>
    /// <param name="options">Serialisation and clock; null for the defaults.</param>
    /// <returns>The data, as <see cref="ISactSession.GetAnyAsync"/> returns it.</returns>
    /// <exception cref="ArgumentException">The user id or the metadata breaks a rule.</exception>
    public static SessionData Pending(string userId, JsonObject? fields = null, SactSessionOptions? options = null) =>
        Create(userId, fields, options, static settings => settings.PendingTerms);

    /// <summary>Creates data of an anonymous session.</summary>
    /// <param name="fields">The metadata; null for none.</param>
    /// <param name="options">Serialisation and clock; null for the defaults.</param>
    /// <returns>The data, as <see cref="ISactSession.GetAnyAsync"/> returns it.</returns>
    /// <exception cref="ArgumentException">The metadata breaks a rule.</exception>
    public static SessionData Anonymous(JsonObject? fields = null, SactSessionOptions? options = null) =>
        Create(null, fields, options, static settings => settings.AnonymousTerms);

    private static SessionData Create(
        string? userId, JsonObject? fields, SactSessionOptions? options, Func<SessionSettings, SessionTerms> terms)
    {
        var services = SessionServices.Of(options ?? new SactSessionOptions());
        if (userId is not null)
        {
            UserIdRule.ThrowIfBroken(userId, nameof(userId));
        }

        var store = new MemoryStore(new MemoryStoreOptions { Prefix = "test" });
        var metadata = FieldsFromJson.From(fields, nameof(fields));
        var (_, record) = SessionRecordFactory.Make(store, services.Clock, userId, metadata, terms(services.Settings));
        return new SessionData(record, services, isCurrent: true);
    }
}
