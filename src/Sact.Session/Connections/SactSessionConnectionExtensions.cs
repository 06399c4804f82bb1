using Sact.Session;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Closes open connections whose session has ended.</summary>
public static class SactSessionConnectionExtensions
{
    /// <summary>
    /// Closes the connections of an endpoint when the session of their user has ended: signed out here or on another device, expired,
    /// replaced by another sign-in, or its id replaced by a step-up elsewhere (OWASP ASVS 5.0 V7.4.1). It works for SignalR hubs over
    /// every transport, for WebSockets and for responses that stream, such as server-sent events.
    /// </summary>
    /// <remarks>
    /// <para>
    /// A connection closes as soon as this process, or a store that reports ends, notices the end; at the latest after
    /// <see cref="SactSessionOptions.WatchInterval"/>. A connection of nobody who is signed in is not watched. If the store does not
    /// answer for 12 intervals, the connections close.
    /// </para>
    /// <para>
    /// A hub's client receives a close message that forbids it to reconnect. A WebSocket receives the close code 1008. A response that
    /// streams sees <c>HttpContext.RequestAborted</c> cancelled and may write its last bytes. An endpoint that does not finish is aborted
    /// half a second later. An invocation of a hub's method extends the session as a request does, unless the endpoint has
    /// <c>DisableSlidingExpiration()</c>. A message over a WebSocket does not: call <c>session.GetAsync()</c> for it.
    /// </para>
    /// </remarks>
    /// <typeparam name="TBuilder">The type of the endpoint builder.</typeparam>
    /// <param name="builder">The endpoint, or a group of endpoints.</param>
    /// <param name="name">
    /// The name of a named registration. Null: the registration of the scheme that authorizes the endpoint, or the unnamed one if that
    /// scheme keeps no sessions.
    /// </param>
    /// <returns>The builder, for further calls.</returns>
    /// <example><code>app.MapHub&lt;Chat>("/chat").RequireAuthorization().CloseWhenSessionEnds();</code></example>
    public static TBuilder CloseWhenSessionEnds<TBuilder>(this TBuilder builder, string? name = null)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Add(endpoint =>
        {
            endpoint.Metadata.Add(new ClosesWithSession(name));

            // A page that Blazor renders has no delegate here and no connection; its circuit is a hub.
            if (endpoint.RequestDelegate is { } next)
            {
                endpoint.RequestDelegate = context => WatchedRequest.RunAsync(context, next, name);
            }
        });
        return builder;
    }
}
