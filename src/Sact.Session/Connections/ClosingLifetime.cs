using Microsoft.AspNetCore.Http.Features;

namespace Sact.Session;

/// <summary>The lifetime of a request, whose token is also cancelled when the session ends.</summary>
internal sealed class ClosingLifetime : IHttpRequestLifetimeFeature, IDisposable
{
    private readonly IHttpRequestLifetimeFeature _inner;
    private readonly CancellationTokenSource _closing;
    private volatile bool _isClosing;

    public ClosingLifetime(IHttpRequestLifetimeFeature inner)
    {
        _inner = inner;
        _closing = CancellationTokenSource.CreateLinkedTokenSource(inner.RequestAborted);
        RequestAborted = _closing.Token;
    }

    /// <inheritdoc/>
    public CancellationToken RequestAborted { get; set; }

    /// <summary>Whether the session has ended, and not the connection.</summary>
    public bool IsClosing => _isClosing;

    /// <summary>Requests the endpoint to finish.</summary>
    public void Close()
    {
        _isClosing = true;
        _closing.Cancel();
    }

    /// <inheritdoc/>
    public void Abort() => _inner.Abort();

    public void Dispose() => _closing.Dispose();
}
