using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session;

/// <summary>
/// Turns an unhandled failure of the store into a 503, unless the response has started: a session that cannot be read is an error, not
/// "signed out". It sets nothing for a request.
/// </summary>
internal sealed class SactSessionMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        Task task;
        try
        {
            task = next(context);
        }
        catch (SessionStoreException fault) when (!context.Response.HasStarted)
        {
            return AnswerAsync(context, fault);
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
        catch (SessionStoreException fault) when (!context.Response.HasStarted)
        {
            await AnswerAsync(context, fault).ConfigureAwait(false);
        }
    }

    private static async Task AnswerAsync(HttpContext context, SessionStoreException fault)
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
                    Title = fault is AnonymousSessionLimitException
                        ? "Too many visitors at the moment."
                        : "The session store is not available.",
                    Detail = "Try again in a moment.",
                },
            }).ConfigureAwait(false);
        }
    }
}
