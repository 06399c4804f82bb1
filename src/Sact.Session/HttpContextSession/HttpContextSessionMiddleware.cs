using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Sact.Session;

/// <summary>
/// Gives what comes after it <c>HttpContext.Session</c>, and stores what was changed: on the way out, and before the response starts where that is earlier. A request that does not ask costs one small object.
/// </summary>
internal sealed class HttpContextSessionMiddleware(RequestDelegate next, HttpContextSessionBridge bridge)
{
    public Task InvokeAsync(HttpContext context)
    {
        switch (context.Features.Get<ISessionFeature>())
        {
            case null or EarlySessionFeature:
                break;
            case HttpContextSessionFeature:
                // UseSactSession() stands here twice.
                return next(context);
            default:
                throw TwoSessions("before");
        }

        var feature = new HttpContextSessionFeature(context, bridge);
        context.Features.Set<ISessionFeature>(feature);
        if (!context.Response.HasStarted)
        {
            // Registered before all that comes after, so that it runs after them: what they set when the response starts (TempData does) is stored as well.
            context.Response.OnStarting(static state => ((HttpContextSessionFeature)state).StoreBeforeStartAsync(), feature);
        }

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
            // The 503 is on the wire; where it is not yet, it can still be said in full.
            if (thrown is not null || !context.Response.HasStarted)
            {
                ExceptionDispatchInfo.Throw(context.Response.HasStarted ? thrown! : failure);
            }

            return;
        }

        // A store that is down is not asked again.
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
                // The framework's contract makes a time-out of LoadAsync or CommitAsync a cancellation; to the client it is a store that is down.
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

            // The first exception is the one that is answered.
            feature.Tell(fault);
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

    private static InvalidOperationException TwoSessions(string where) => new(
        $"Something {where} UseSactSession() provides HttpContext.Session too, most likely app.UseSession(). Remove app.UseSession() and AddSession(): AddHttpContextSession() takes their place.");
}
