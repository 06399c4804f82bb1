using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// Makes a failure of the store a 503 where the error page of the application, or the one of development, catches it before
/// <see cref="SactSessionMiddleware"/>. That page still writes the body.
/// </summary>
internal sealed class StoreFaultStatus : IExceptionHandler, IDeveloperPageExceptionFilter
{
    public ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        SetStatus(httpContext, exception);
        return new(false);
    }

    public Task HandleExceptionAsync(ErrorContext errorContext, Func<ErrorContext, Task> next)
    {
        SetStatus(errorContext.HttpContext, errorContext.Exception);
        return next(errorContext);
    }

    private static void SetStatus(HttpContext context, Exception exception)
    {
        // Any other status is the application's choice.
        if (exception is SessionStoreException
            && context.Response is { HasStarted: false, StatusCode: StatusCodes.Status500InternalServerError })
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        }
    }
}
