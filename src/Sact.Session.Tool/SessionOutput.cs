using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Sact.Session.Tool;

/// <summary>Sessions as JSON and as lines. Neither has a hash, a secret, or metadata that nobody has called for.</summary>
internal static class SessionOutput
{
    private static readonly JsonWriterOptions s_indented = new() { Indented = true };

    /// <summary>Writes one JSON value and the end of the line.</summary>
    public static Task WriteJsonAsync(TextWriter output, Action<Utf8JsonWriter> write, bool indented = true)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, indented ? s_indented : default))
        {
            write(json);
        }

        return output.WriteLineAsync(Encoding.UTF8.GetString(bytes.WrittenSpan));
    }

    /// <summary>Writes a session as a JSON object.</summary>
    /// <param name="json">The writer.</param>
    /// <param name="session">The session.</param>
    /// <param name="metadata">The fields to write, of which those of the library are left out; null for none.</param>
    public static void Write(Utf8JsonWriter json, AdministeredSession session, SessionFields? metadata = null)
    {
        json.WriteStartObject();
        json.WriteString("key", session.Key.ToString());
        json.WriteString("userId", session.UserId);
        json.WriteString("state", NameOf(session.State));
        json.WriteNumber("assuranceLevel", session.AssuranceLevel);
        json.WriteBoolean("isPersistent", session.IsPersistent);
        json.WriteString("createdAt", session.CreatedAt);
        Write(json, "authenticatedAt", session.AuthenticatedAt);
        json.WriteString("lastSeenAt", session.LastSeenAt);
        json.WriteString("expiresAt", session.ExpiresAt);
        Write(json, "signInClient", session.SignInClient);
        Write(json, "lastSeenClient", session.LastSeenClient);
        if (metadata is not null)
        {
            json.WriteStartObject("metadata");
            foreach (var (name, value) in metadata.Where(static field => !field.Key.StartsWith('$')))
            {
                // Not as it is stored: a value may contain line breaks, and characters that move the cursor of a terminal.
                json.WritePropertyName(name);
                using var parsed = JsonDocument.Parse(value, new JsonDocumentOptions { MaxDepth = 1000 });
                parsed.WriteTo(json);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } value)
        {
            json.WriteString(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    /// <summary>A session as one line.</summary>
    public static string Line(AdministeredSession session) => string.Join(
        "  ",
        session.Key.ToString(),
        NameOf(session.State).PadRight(9),
        Time(session.CreatedAt),
        Time(session.LastSeenAt),
        Printable.Of(session.UserId ?? "-"),
        Printable.Of(session.LastSeenClient?.RemoteAddress ?? session.SignInClient?.RemoteAddress ?? "-"),
        Printable.Of(session.LastSeenClient?.UserAgent ?? session.SignInClient?.UserAgent ?? "-"));

    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static string NameOf(SessionState state) => state switch
    {
        SessionState.SignedIn => "signed-in",
        SessionState.Pending => "pending",
        SessionState.Anonymous => "anonymous",
        _ => "note",
    };

    private static void Write(Utf8JsonWriter json, string name, SessionClient? client)
    {
        if (client is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        json.WriteString("userAgent", client.UserAgent);
        json.WriteString("remoteAddress", client.RemoteAddress);
        json.WriteEndObject();
    }
}
