using System.Diagnostics.CodeAnalysis;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Sact.Session;

/// <summary>Remembers the WebSocket that an endpoint accepts, so that it can be closed as RFC 6455 section 7 says.</summary>
internal sealed class ClosingWebSockets(IHttpWebSocketFeature inner) : IHttpWebSocketFeature
{
    private volatile WebSocket? _accepted;

    /// <inheritdoc/>
    public bool IsWebSocketRequest => inner.IsWebSocketRequest;

    /// <summary>Whether the endpoint has accepted a WebSocket.</summary>
    public bool IsAccepted => _accepted is not null;

    /// <inheritdoc/>
    public async Task<WebSocket> AcceptAsync(WebSocketAcceptContext context) =>
        _accepted = await inner.AcceptAsync(context).ConfigureAwait(false);

    /// <summary>Sends the close message. It never throws. The endpoint receives the client's reply.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Whatever fails, the connection ends.")]
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_accepted is { State: WebSocketState.Open or WebSocketState.CloseReceived } socket)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.PolicyViolation, "The session has ended.", cancellationToken)
                    .ConfigureAwait(false);
            }
        }
        catch (Exception)
        {
            // The connection is broken, or the endpoint has just closed it. It is aborted after the grace in any case.
        }
    }
}
