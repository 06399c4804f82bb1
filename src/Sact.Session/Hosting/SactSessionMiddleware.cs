using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session;

/// <summary>
/// Turns an unhandled failure of the store into a 503, unless the response has started: a session that cannot be read is an error, not
/// "signed out". It sets nothing for a request.
/// </summary>
internal sealed class SactSessionMiddleware(RequestDelegate next)
{
    private const string Down = "The session store is not available.";
    private const string TooMany = "Too many visitors at the moment.";

    public Task InvokeAsync(HttpContext context)
    {
        Task task;
        try
        {
            task = next(context);
        }
        catch (AnonymousSessionLimitException) when (!context.Response.HasStarted)
        {
            return AnswerAsync(context, TooMany);
        }
        catch (SessionStoreException) when (!context.Response.HasStarted)
        {
            return AnswerAsync(context, Down);
        }

        // A request that has completed needs no async state machine, which saves its allocation.
        if (!task.IsCompletedSuccessfully)
        {
            return AwaitAsync(task, context);
        }

        RequestFeature.FinishHeadersBeforeCaches(context);
        return task;
    }

    private static async Task AwaitAsync(Task task, HttpContext context)
    {
        try
        {
            await task.ConfigureAwait(false);
            RequestFeature.FinishHeadersBeforeCaches(context);
        }
        catch (AnonymousSessionLimitException) when (!context.Response.HasStarted)
        {
            await AnswerAsync(context, TooMany).ConfigureAwait(false);
        }
        catch (SessionStoreException) when (!context.Response.HasStarted)
        {
            await AnswerAsync(context, Down).ConfigureAwait(false);
        }
    }

    private static async Task AnswerAsync(HttpContext context, string title)
    {
        // Clear() removes the cookies of the session too. They return when the response starts, above all the deletion at a sign-out.
        context.Response.Clear();
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.CacheControl = "no-store";
        if (context.RequestServices.GetService<IProblemDetailsService>() is { } problems)
        {
            await problems.TryWriteAsync(new ProblemDetailsContext
            {
                HttpContext = context,
                ProblemDetails =
                {
                    Status = StatusCodes.Status503ServiceUnavailable,
                    Title = title,
                    Detail = "Try again in a moment.",
                },
            }).ConfigureAwait(false);
        }
    }
}
