using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.ResponseCaching;

namespace Sact.Session;

/// <summary>
/// Stands before the response caching middleware, which decides whether to store a response at the first byte of its body, before any
/// <c>OnStarting</c> callback: settles the headers just before that byte. Put there only where that middleware is at work.
/// </summary>
internal sealed class HeaderFinishingStream(Stream inner, RequestFeature response) : Stream
{
    private RequestFeature? _response = response;

    public override bool CanRead => inner.CanRead;

    public override bool CanSeek => inner.CanSeek;

    public override bool CanWrite => inner.CanWrite;

    public override long Length => inner.Length;

    public override long Position
    {
        get => inner.Position;
        set => inner.Position = value;
    }

    public static void Precede(RequestFeature response)
    {
        var context = response.Context;
        if (context.Features[typeof(IResponseCachingFeature)] is not null && !context.Response.HasStarted)
        {
            context.Response.Body = new HeaderFinishingStream(context.Response.Body, response);
        }
    }

    public override void Flush()
    {
        WriteHeaders();
        inner.Flush();
    }

    public override Task FlushAsync(CancellationToken cancellationToken)
    {
        WriteHeaders();
        return inner.FlushAsync(cancellationToken);
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        WriteHeaders();
        inner.Write(buffer, offset, count);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        WriteHeaders();
        return inner.WriteAsync(buffer, offset, count, cancellationToken);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        WriteHeaders();
        return inner.WriteAsync(buffer, cancellationToken);
    }

    public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

    public override long Seek(long offset, SeekOrigin origin) => inner.Seek(offset, origin);

    public override void SetLength(long value) => inner.SetLength(value);

    private void WriteHeaders() => Interlocked.Exchange(ref _response, null)?.FinishHeaders();
}
