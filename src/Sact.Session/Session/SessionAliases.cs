using System.Buffers;
using System.Runtime.ExceptionServices;
using System.Text.Json;

namespace Sact.Session;

/// <summary>
/// Aliases: other names of a session, by which an identity provider ends it. An alias is a note that the store lists under the name and
/// that has the key of the session. The session has the names of its aliases.
/// </summary>
/// <remarks>
/// An alias is written before its session, so no session is ever without one, and the two need no common transaction. It lives as long as
/// any session can. An alias whose session has ended leads nowhere.
/// </remarks>
internal static class SessionAliases
{
    /// <summary>The names of a session's aliases: a JSON array of strings. They are hashes, and are not sealed.</summary>
    public const string Names = "$aliases";

    private const string Target = "$session";

    /// <summary>The field of a session that has these aliases.</summary>
    public static SessionFields FieldOf(IReadOnlyList<string> names) => Field(Names, writer =>
    {
        writer.WriteStartArray();
        foreach (string name in names)
        {
            writer.WriteStringValue(name);
        }

        writer.WriteEndArray();
    });

    /// <summary>The names of a session's aliases; empty if it has none.</summary>
    public static IReadOnlyList<string> Of(SessionRecord session)
    {
        if (!session.Fields.TryGetValue(Names, out var json))
        {
            return [];
        }

        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateArray().Select(static name => name.GetString()!)];
    }

    /// <summary>Writes the aliases of a session that is about to be created.</summary>
    /// <exception cref="SessionStoreException">The store cannot answer. The session must not be created.</exception>
    public static ValueTask WriteAsync(StoreClient calls, SessionServices services, IGenericStore store, SessionRecord session) =>
        session.Fields.Contains(Names) ? WriteAllAsync(calls, services.Settings.SignInTerms.Lifetimes, store, session) : default;

    /// <summary>Ends the sessions that have an alias, and the aliases. Each end is reported at once.</summary>
    /// <param name="calls">The store. The caller's disconnect must not cancel its reads.</param>
    /// <param name="services">The services of the sessions.</param>
    /// <param name="names">The names of the aliases.</param>
    /// <param name="reason">Why the sessions end.</param>
    /// <returns>How many live sessions ended.</returns>
    /// <exception cref="SessionStoreException">
    /// The store cannot answer, or one of the sessions cannot be read. The others have ended. Call it again.
    /// </exception>
    public static async ValueTask<int> EndAsync(
        StoreClient calls, SessionServices services, IReadOnlyList<AliasToEnd> names, SessionEndReason reason)
    {
        int ended = 0;
        SessionStoreException? first = null;
        foreach (var name in names)
        {
            foreach (var alias in await calls.ListAsync(name.Name, CancellationToken.None).ConfigureAwait(false))
            {
                try
                {
                    ended += await EndOneAsync(calls, services, alias, name, reason).ConfigureAwait(false) ? 1 : 0;
                }
                catch (SessionStoreException fault) when (fault.InnerException is not TimeoutException)
                {
                    // A session of a newer format, for example. After a time-out each of the others would wait as long.
                    first ??= fault;
                }
            }
        }

        if (first is not null)
        {
            ExceptionDispatchInfo.Throw(first);
        }

        return ended;
    }

    private static async ValueTask<bool> EndOneAsync(
        StoreClient calls, SessionServices services, SessionRecord alias, AliasToEnd name, SessionEndReason reason)
    {
        if (alias.State != SessionState.Note || !TryReadTarget(alias, out var key))
        {
            return false;
        }

        var session = await calls.GetAsync(key, endsWithRequest: false, CancellationToken.None).ConfigureAwait(false);
        var names = session is null ? [] : Of(session);
        bool hasName = names.Contains(name.Name, StringComparer.Ordinal);
        if (hasName && name.Alone && names.Count > 1)
        {
            return false;
        }

        bool ended = hasName
            && await calls.EndAsync(session!, reason, CancellationToken.None).ConfigureAwait(false);
        if (ended)
        {
            services.Telemetry.Ended(key, reason);
        }

        // Only after its session, so that a call that failed half-way can be repeated. A sign-in that is under way may have written the
        // alias and not yet its session, which later logouts must find.
        if (session is not null || services.Now - alias.CreatedAt > SessionRecord.SkewMargin)
        {
            await calls.EndAsync(alias, reason, CancellationToken.None).ConfigureAwait(false);
        }

        return ended;
    }

    private static async ValueTask WriteAllAsync(
        StoreClient calls, SessionLifetimes longest, IGenericStore store, SessionRecord session)
    {
        // A step-up may lengthen the session up to what the options allow.
        var (own, most) = (session.Lifetimes.AbsoluteTimeout, longest.AbsoluteTimeout);
        var life = own > most ? own : most;
        var target = Field(Target, writer => writer.WriteStringValue(session.Key.ToString()));
        var written = Of(session).Select(name => WriteAsync(
            calls, SessionNotes.Named(store, name, target, life, session.CreatedAt)));
        await Task.WhenAll(written).ConfigureAwait(false);
    }

    private static async Task WriteAsync(StoreClient calls, SessionRecord alias)
    {
        var created = await calls.CreateAsync(alias, cap: null, CancellationToken.None).ConfigureAwait(false);
        if (created.Status != SessionCreationStatus.Created)
        {
            throw new SessionStoreException(
                "The store already has a record with the new key of an alias. Random keys do not repeat. Check the random source of the "
                + "machine.");
        }
    }

    /// <summary>Reads which session an alias leads to.</summary>
    public static bool TryReadTarget(SessionRecord alias, out SessionKey key)
    {
        key = default;
        return alias.Fields.TryGetValue(Target, out var json) && SessionKey.TryParse(SessionJson.Text(json.Span), null, out key);
    }

    private static SessionFields Field(string name, Action<Utf8JsonWriter> write)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json))
        {
            write(writer);
        }

        return SessionFields.Create([new(name, json.WrittenMemory)]);
    }
}

/// <summary>An alias whose sessions end.</summary>
/// <param name="Name">The name.</param>
/// <param name="Alone">Whether only those sessions end that have no other name.</param>
internal readonly record struct AliasToEnd(string Name, bool Alone = false);
