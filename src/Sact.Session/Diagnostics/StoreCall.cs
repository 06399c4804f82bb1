namespace Sact.Session;

/// <summary>Observes a call of a store while somebody listens: its span and its duration.</summary>
internal static class StoreCall
{
    /// <summary>Whether somebody listens. It reads two fields, so that a call that nobody observes costs nothing more.</summary>
    public static bool IsObserved(SessionMetrics metrics) => StoreSpans.HasListeners || metrics.MeasuresStoreCalls;

    /// <summary>Makes a call and observes it.</summary>
    /// <param name="store">The store.</param>
    /// <param name="metrics">The meter.</param>
    /// <param name="clock">The clock that measures.</param>
    /// <param name="operation">One of <see cref="StoreOperation"/>.</param>
    /// <param name="argument">The argument of the call.</param>
    /// <param name="call">The call.</param>
    public static async ValueTask<T> ObserveAsync<TArgument, T>(
        IGenericStore store,
        SessionMetrics metrics,
        TimeProvider clock,
        string operation,
        TArgument argument,
        Func<TArgument, ValueTask<T>> call)
    {
        // An async method gives its caller the current span back, whatever happens here.
        var span = StoreSpans.HasListeners ? StoreSpans.Of(store).Begin(operation) : null;
        long began = clock.GetTimestamp();
        Exception? thrown = null;
        try
        {
            return await call(argument).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            thrown = fault;
            throw;
        }
        finally
        {
            string outcome = StoreOutcome.Of(thrown);
            metrics.StoreCall(operation, outcome, clock.GetElapsedTime(began));
            StoreSpans.End(span, outcome, thrown);
        }
    }
}
