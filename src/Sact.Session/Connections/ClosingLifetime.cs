using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

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

    /// <summary>Requests the endpoint to finish. What it has registered runs elsewhere, because it may take long or throw.</summary>
    public void Close(ILogger log)
    {
        _isClosing = true;
        _closing.CancelAsync().ContinueWith(
            static (cancelling, log) => SessionLog.EndCallbackFailed((ILogger)log!, cancelling.Exception!),
            log,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    /// <inheritdoc/>
    public void Abort() => _inner.Abort();

    public void Dispose() => _closing.Dispose();
}
