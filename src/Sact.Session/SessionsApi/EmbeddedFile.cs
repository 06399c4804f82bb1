using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>A file for browsers that is a resource of the assembly, so it needs no other host and no build step.</summary>
/// <param name="name">Its folder in the project and its name, with a dot between them.</param>
/// <param name="contentType">Its media type.</param>
internal sealed class EmbeddedFile(string name, string contentType)
{
    private const int TagBytes = 8;

    private readonly Lazy<(byte[] Bytes, string Tag)> _content = new(() => Read(name));

    /// <summary>The file as a string.</summary>
    public string Text => Encoding.UTF8.GetString(_content.Value.Bytes);

    /// <summary>Sends the file, which is the same for everybody. A browser that has it receives it again only after a change.</summary>
    /// <param name="context">The request.</param>
    /// <param name="caching">The value of <c>Cache-Control</c>.</param>
    public Task SendAsync(HttpContext context, string caching)
    {
        var (bytes, tag) = _content.Value;
        context.Response.Headers.ETag = tag;
        context.Response.Headers.CacheControl = caching;
        if (context.Request.Headers.IfNoneMatch == tag)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        return WriteAsync(context, bytes);
    }

    /// <summary>Sends a version of the file that is for one request only.</summary>
    public Task SendVersionAsync(HttpContext context, string version)
    {
        context.Response.Headers.CacheControl = "no-store";
        return WriteAsync(context, Encoding.UTF8.GetBytes(version));
    }

    private Task WriteAsync(HttpContext context, byte[] bytes)
    {
        var response = context.Response;
        response.Headers.XContentTypeOptions = "nosniff";
        response.ContentType = contentType;
        response.ContentLength = bytes.Length;
        return response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    }

    private static (byte[] Bytes, string Tag) Read(string name)
    {
        using var resource = typeof(EmbeddedFile).Assembly.GetManifestResourceStream($"Sact.Session.{name}")!;
        byte[] bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        return (bytes, $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, TagBytes))}\"");
    }
}
