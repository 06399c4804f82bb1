using System.Buffers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests.Caching;

/// <summary>An endpoint writes to <c>BodyWriter</c>, uses the session and writes on.</summary>
public sealed class BytesWrittenBeforeTheSessionWasUsed
{
    [Theory]
    [InlineData(Served.TestServer, null)]
    [InlineData(Served.Kestrel, null)]
    [InlineData(Served.TestServer, SharedCache.Response)]
    [InlineData(Served.Kestrel, SharedCache.Response)]
    [InlineData(Served.TestServer, SharedCache.Output)]
    [InlineData(Served.Kestrel, SharedCache.Output)]
    [Trait("abuse", "K5")]
    public async Task AreAllSentOnce(Served served, SharedCache? cache)
    {
        await using var site = await Site.StartAsync(
            app =>
            {
                app.MapPost("/login/{user}", async (string user, HttpContext context) => await context.GetSactSession().SetAsync(user));
                app.MapGet("/page/{flush:bool}", async (HttpContext context, bool flush) =>
                {
                    context.Response.Headers.CacheControl = "public, max-age=600";
                    var writer = context.Response.BodyWriter;
                    writer.Write("one "u8);
                    if (flush)
                    {
                        await writer.FlushAsync(context.RequestAborted);
                        writer.Write("two "u8);
                    }

                    string user = (await context.GetSactSession().GetAsync())!.UserId;
                    context.Response.BodyWriter.Write(System.Text.Encoding.UTF8.GetBytes(user));

                    // Response caching itself loses what is not flushed at the end, with or without a session.
                    await context.Response.WriteAsync(" three");
                });
            },
            build: builder =>
            {
                builder.Services.AddResponseCaching();
                builder.Services.AddOutputCache();
            },
            served: served,
            before: app => _ = cache switch
            {
                SharedCache.Response => app.UseResponseCaching(),
                SharedCache.Output => app.UseOutputCache(),
                _ => app,
            });

        foreach (string user in new[] { "alice", "bob" })
        {
            string id = await site.LoginAsync(user);
            using var page = await site.SendAsync("/page/false", id);
            using var flushed = await site.SendAsync("/page/true", id);

            Assert.Equal($"one {user} three", await page.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            Assert.Equal($"one two {user} three", await flushed.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }
    }
}
