using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session;

/// <summary>Sets nothing per request. A store's fault that nobody handled becomes 503 while it still can: a session that cannot be read is an error, not "signed out".</summary>
internal sealed class SactSessionMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        Task task;
        try
        {
            task = next(context);
        }
        catch (SessionStoreException) when (!context.Response.HasStarted)
        {
            return AnswerAsync(context);
        }

        // A request that is done already pays for no state machine.
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
        catch (SessionStoreException) when (!context.Response.HasStarted)
        {
            await AnswerAsync(context).ConfigureAwait(false);
        }
    }

    private static async Task AnswerAsync(HttpContext context)
    {
        // Cookies the session has set, the deletion at a sign-out above all, come back when the response starts.
        context.Response.Clear();
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.CacheControl = "no-store";
        if (context.RequestServices.GetService<IProblemDetailsService>() is { } problems)
        {
            await problems.TryWriteAsync(new ProblemDetailsContext
            {
                HttpContext = context,
                ProblemDetails = { Status = StatusCodes.Status503ServiceUnavailable, Title = "The session store is not available.", Detail = "Try again in a moment." },
            }).ConfigureAwait(false);
        }
    }
}
