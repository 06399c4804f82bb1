using System.Globalization;
using System.Text;

namespace Sact.Session;

/// <summary>Ends the sessions that a logout token means, in one registration of sessions.</summary>
internal sealed class ProviderLogouts(ProviderScheme scheme)
{
    // Longer than any sign-in is under way: the framework gives up a sign-in after 15 minutes.
    private static readonly TimeSpan s_remembered = TimeSpan.FromHours(1);

    // A note lives longer, so that not every further logout of the same user must replace it.
    private static readonly TimeSpan s_life = TimeSpan.FromMinutes(90);

    private const int MostTries = 8;
    private const string At = "$at";

    // A provider that hangs up must not stop what it has begun, so the request is not given.
    private readonly StoreClient _calls = new(scheme.Source.Store, scheme.Services, context: null);

    /// <summary>Whether a token was accepted before.</summary>
    public async ValueTask<bool> IsReplayAsync(LogoutToken token) =>
        await _calls.GetAsync(KeyOf(HashOf(token)), endsWithRequest: false, CancellationToken.None).ConfigureAwait(false) is not null;

    /// <summary>Remembers that a token was accepted, for as long as it could be accepted again.</summary>
    public async ValueTask RememberAsync(LogoutToken token)
    {
        // If another node has just accepted the same token, both have ended the same sessions.
        var life = scheme.Settings.MaxLogoutTokenAge + (2 * scheme.Settings.ClockSkew) + TimeSpan.FromSeconds(1);
        await _calls.CreateAsync(Note(HashOf(token), token.IssuedAt, life), cap: null, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>
    /// Ends the sessions of a token: those of its session at the provider, or all of its subject. With both, also those of the subject for
    /// which the provider has named no session (OpenID Connect Back-Channel Logout 1.0, section 2.7).
    /// </summary>
    /// <returns>How many sessions ended.</returns>
    /// <exception cref="SessionStoreException">The store cannot answer. The token can be sent again.</exception>
    public async ValueTask<int> EndAsync(LogoutToken token)
    {
        string client = scheme.Options.ClientId!;
        var names = new List<AliasToEnd>(2);
        if (token.SessionId is { } sid)
        {
            names.Add(new(ProviderNames.AliasOfSession(token.Issuer, client, sid)));
        }

        if (token.Subject is { } subject)
        {
            names.Add(new(ProviderNames.AliasOfSubject(token.Issuer, client, subject), Alone: token.SessionId is not null));
        }

        // The notes come first. A sign-in that does not find them has created its aliases before, and is found by those.
        foreach (var name in names)
        {
            await NoteSignedOutAsync(ProviderNames.SignedOut(name.Name, name.Alone), token.IssuedAt).ConfigureAwait(false);
        }

        return await SessionAliases.EndAsync(
            _calls, scheme.Services, names, SessionEndReason.IdentityProvider).ConfigureAwait(false);
    }

    /// <summary>Whether the provider has signed a session out since its id token was issued.</summary>
    public static async ValueTask<bool> IsSignedOutAsync(StoreClient calls, IGenericStore store, ProviderSession session)
    {
        var aliases = session.Aliases;
        var hashes = aliases.Select(static name => ProviderNames.SignedOut(name)).ToList();
        if (aliases.Count == 1)
        {
            hashes.Add(ProviderNames.SignedOut(aliases[0], alone: true));
        }

        foreach (byte[] hash in hashes)
        {
            var key = SessionNotes.KeyOf(store, hash);
            if (await calls.GetAsync(key, endsWithRequest: false, CancellationToken.None).ConfigureAwait(false) is { } note
                && session.IssuedAt.ToUnixTimeSeconds() <= SecondsOf(note))
            {
                return true;
            }
        }

        return false;
    }

    private static long SecondsOf(SessionRecord note) =>
        note.Fields.TryGetValue(At, out var json)
        && long.TryParse(json.Span, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) ? seconds : 0;

    /// <summary>
    /// Notes a sign-out, in place of an earlier one of the same session or subject. One that is as new and lives long enough stays.
    /// </summary>
    private async ValueTask NoteSignedOutAsync(byte[] hash, DateTimeOffset at)
    {
        for (int i = 0; i < MostTries; i++)
        {
            var created = await _calls.CreateAsync(Note(hash, at, s_life), cap: null, CancellationToken.None).ConfigureAwait(false);
            if (created.Status == SessionCreationStatus.Created)
            {
                return;
            }

            // While there is none, a sign-in may miss both. The end by alias that follows finds that one.
            if (await _calls.GetAsync(KeyOf(hash), endsWithRequest: false, CancellationToken.None).ConfigureAwait(false) is { } earlier)
            {
                if (SecondsOf(earlier) >= at.ToUnixTimeSeconds() && earlier.ExpiresAt >= scheme.Services.Now + s_remembered)
                {
                    return;
                }

                at = DateTimeOffset.FromUnixTimeSeconds(Math.Max(at.ToUnixTimeSeconds(), SecondsOf(earlier)));
                await _calls.EndAsync(earlier, SessionEndReason.IdentityProvider, CancellationToken.None).ConfigureAwait(false);
            }
        }

        throw new SessionStoreException(
            "Too many logout requests for one user ran at the same time, and each replaced the note of the others. Try again.");
    }

    private byte[] HashOf(LogoutToken token) => ProviderNames.Accepted(token.Issuer, scheme.Options.ClientId!, token.Id);

    private SessionKey KeyOf(byte[] hash) => SessionNotes.KeyOf(scheme.Source.Store, hash);

    private SessionRecord Note(byte[] hash, DateTimeOffset at, TimeSpan life)
    {
        byte[] seconds = Encoding.ASCII.GetBytes(at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        return SessionNotes.Single(
            scheme.Source.Store, hash, SessionFields.Create([new(At, seconds)]), life, scheme.Services.Now);
    }
}
