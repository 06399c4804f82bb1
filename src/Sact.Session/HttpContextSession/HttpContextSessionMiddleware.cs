using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Sact.Session;

/// <summary>
/// Provides <c>HttpContext.Session</c> to the rest of the pipeline, and stores its changes: at the end of the request, or before the
/// response starts where that is earlier. A request that does not use it costs one small object.
/// </summary>
internal sealed class HttpContextSessionMiddleware(RequestDelegate next, HttpContextSessionBridge bridge)
{
    public Task InvokeAsync(HttpContext context)
    {
        switch (context.Features.Get<ISessionFeature>())
        {
            case null or EarlySessionFeature:
                break;
            case HttpContextSessionFeature earlier:
                if (earlier.IsOf(context))
                {
                    // UseSactSession() was called twice.
                    return next(context);
                }

                // The features of another request were copied.
                break;
            default:
                throw TwoSessions("before");
        }

        var feature = new HttpContextSessionFeature(context, bridge);
        context.Features.Set<ISessionFeature>(feature);
        if (!context.Response.HasStarted)
        {
            // Callbacks run in reverse order, so this one runs after those that set values when the response starts, as TempData does.
            context.Response.OnStarting(static state => ((HttpContextSessionFeature)state).StoreBeforeStartAsync(), feature);
        }

        return bridge.Readers.Contains(context) && bridge.IsPresented(context)
            ? LoadAndRunAsync(context, feature)
            : RunAsync(context, feature);
    }

    private async Task LoadAndRunAsync(HttpContext context, HttpContextSessionFeature feature)
    {
        await feature.LoadEarlyAsync().ConfigureAwait(false);
        await RunAsync(context, feature).ConfigureAwait(false);
        if (!feature.IsRead)
        {
            bridge.Readers.Remove(context);
        }
    }

    private Task RunAsync(HttpContext context, HttpContextSessionFeature feature)
    {
        Task task;
        try
        {
            task = next(context);
        }
        catch (Exception fault)
        {
            task = Task.FromException(fault);
        }

        if (!task.IsCompletedSuccessfully || feature.IsTouched)
        {
            return LeaveAsync(task, context, feature);
        }

        Unset(context, feature, fault: null);
        return task;
    }

    private static async Task LeaveAsync(Task task, HttpContext context, HttpContextSessionFeature feature)
    {
        Exception? thrown = null;
        try
        {
            await task.ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            thrown = fault;
        }

        Unset(context, feature, thrown);
        if (feature.Failure is { } failure)
        {
            // The 503 is sent already. Where it is not, the exception becomes a complete one.
            if (thrown is not null || !context.Response.HasStarted)
            {
                ExceptionDispatchInfo.Throw(context.Response.HasStarted ? thrown! : failure);
            }

            return;
        }

        // A store that is down is not called again.
        if (thrown is not SessionStoreException and not OperationCanceledException { InnerException: SessionStoreException })
        {
            await StoreAsync(feature, thrown).ConfigureAwait(false);
        }
        else
        {
            feature.Abandon();
        }

        switch (thrown)
        {
            case null:
                return;
            case OperationCanceledException { InnerException: SessionStoreException store }:
                // By the framework's contract a time-out of LoadAsync or CommitAsync is a cancellation. For the client the store is down.
                ExceptionDispatchInfo.Throw(store);
                break;
            default:
                ExceptionDispatchInfo.Throw(thrown);
                break;
        }
    }

    private static async Task StoreAsync(HttpContextSessionFeature feature, Exception? thrown)
    {
        try
        {
            await feature.StoreAsync().ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            feature.Abandon();
            if (thrown is null)
            {
                throw;
            }

            // The first exception is the one that the client learns of.
            feature.LogFailure(fault);
        }
    }

    private static void Unset(HttpContext context, HttpContextSessionFeature feature, Exception? fault)
    {
        if (!ReferenceEquals(context.Features.Get<ISessionFeature>(), feature) && fault is null)
        {
            throw TwoSessions("after");
        }

        context.Features.Set<ISessionFeature>(null);
    }

    /// <summary>The application calls <c>UseSession()</c> as well.</summary>
    public static InvalidOperationException TwoSessions() => new(
        "app.UseSession() and AddHttpContextSession() both provide HttpContext.Session, and a request has one. "
        + "Remove app.UseSession() and AddSession(): AddHttpContextSession() replaces them.");

    private static InvalidOperationException TwoSessions(string where) => new(
        $"Another middleware {where} UseSactSession() provides HttpContext.Session too. A request has one. "
        + "Remove that middleware: AddHttpContextSession() replaces it.");
}
