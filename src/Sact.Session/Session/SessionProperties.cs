using System.ComponentModel;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// The properties of <see cref="Session{TStore}"/>. They are not members of the class, so that no serialiser and no logger finds the secret
/// in them.
/// </summary>
public static class SessionProperties
{
    /// <summary>The properties of a session whose class is known.</summary>
    /// <param name="session">The session.</param>
    /// <typeparam name="TStore">The type of the store.</typeparam>
    extension<TStore>(Session<TStore> session)
        where TStore : IGenericStore
    {
        /// <inheritdoc cref="ISactSession.Request"/>
        public HttpRequest Request => ((ISactSession)Required(session)).Request;

        /// <inheritdoc cref="ISactSession.Response"/>
        public HttpResponse Response => ((ISactSession)Required(session)).Response;

        /// <inheritdoc cref="ISactSession.Options"/>
        public SactSessionOptions Options => ((ISactSession)Required(session)).Options;

        /// <inheritdoc cref="ISactSession.EndReason"/>
        public SessionEndReason? EndReason => ((ISactSession)Required(session)).EndReason;

        /// <inheritdoc cref="ISession{TStore}.Store"/>
        public TStore Store => ((ISession<TStore>)Required(session)).Store;

        /// <summary>
        /// The session id that was verified or issued in this request; null until one is. It is the secret: hidden from debugger,
        /// serialisers and <c>ToString</c>. Never log it.
        /// </summary>
        [EditorBrowsable(EditorBrowsableState.Advanced)]
        public string? SessionId => Required(session).NewestId;
    }

    private static Session<TStore> Required<TStore>(Session<TStore> session)
        where TStore : IGenericStore
    {
        ArgumentNullException.ThrowIfNull(session);
        return session;
    }
}
