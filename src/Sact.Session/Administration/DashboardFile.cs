using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Sact.Session;

/// <summary>A file of the dashboard. It is a resource of the assembly, so the page needs no other host and no build step.</summary>
internal sealed class DashboardFile(string name, string contentType)
{
    private const string Root = "{{root}}";

    private readonly Lazy<string> _content = new(() => Read(name));

    /// <summary>Sends a file that is the same for everybody. A browser keeps it, and requests it again only by its tag.</summary>
    public Task SendAsync(HttpContext context)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(_content.Value);
        string tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes)[..8])}\"";
        var headers = context.Response.Headers;
        headers.CacheControl = "private, no-cache";
        headers.ETag = tag;
        if (context.Request.Headers.IfNoneMatch == tag)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        return WriteAsync(context, bytes);
    }

    /// <summary>Sends the page.</summary>
    /// <param name="context">The request.</param>
    /// <param name="root">The path of the dashboard, encoded for HTML.</param>
    public Task SendAsync(HttpContext context, string root)
    {
        context.Response.Headers.CacheControl = "no-store";
        return WriteAsync(context, Encoding.UTF8.GetBytes(_content.Value.Replace(Root, root, StringComparison.Ordinal)));
    }

    private async Task WriteAsync(HttpContext context, byte[] bytes)
    {
        SessionRoutes.ForbidOtherSites(context);
        context.Response.Headers[HeaderNames.XContentTypeOptions] = "nosniff";
        context.Response.ContentType = contentType;
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted).ConfigureAwait(false);
    }

    private static string Read(string name)
    {
        using var resource = typeof(DashboardFile).Assembly.GetManifestResourceStream($"Sact.Session.Administration.{name}")!;
        using var reader = new StreamReader(resource, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
