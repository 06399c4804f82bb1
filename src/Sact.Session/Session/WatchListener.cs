using System.Diagnostics.CodeAnalysis;

namespace Sact.Session;

/// <summary>
/// Passes the hints of a store on until it is disposed of: those of this process, and those of others from a store that reports them.
/// </summary>
internal sealed class WatchListener : IDisposable
{
    // After a lost connection. Polling holds the bound meanwhile.
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMinutes(1);

    private readonly SessionServices _services;
    private readonly SessionEndings? _endings;
    private readonly Action<SessionKey?> _hint;
    private readonly CancellationTokenSource _stop = new();
    private volatile bool _neverListens;

    /// <param name="store">The store.</param>
    /// <param name="services">The log and the clock.</param>
    /// <param name="hint">Receives the key of a session that may have ended; null for any.</param>
    /// <param name="neverListens">Whether an earlier listener has found that the store can never listen.</param>
    public WatchListener(IGenericStore store, SessionServices services, Action<SessionKey?> hint, bool neverListens)
    {
        _neverListens = neverListens;
        _services = services;
        _hint = hint;
        _endings = (store as GenericStore)?.Endings;
        if (_endings is not null)
        {
            _endings.Reported += hint;
        }

        if (!neverListens && store is ISessionEndSource source)
        {
            var stop = _stop.Token;
            _ = Task.Run(() => ListenAsync(source, stop), stop);
        }
    }

    /// <summary>Whether the store can never listen.</summary>
    public bool NeverListens => _neverListens;

    public void Dispose()
    {
        if (_endings is not null)
        {
            _endings.Reported -= _hint;
        }

        _stop.Cancel();
        _stop.Dispose();
    }

    [SuppressMessage(
        "Design", "CA1031:Do not catch general exception types", Justification = "Whatever stops the listening, polling continues.")]
    private async Task ListenAsync(ISessionEndSource source, CancellationToken stop)
    {
        bool isLogged = false;
        var pause = s_pause;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await foreach (var key in source.ListenAsync(stop).ConfigureAwait(false))
                {
                    isLogged = false;
                    pause = s_pause;
                    _hint(key);
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (NotSupportedException fault)
            {
                _neverListens = true;
                SessionLog.NotListening(_services.Telemetry.Log, _services.Settings.WatchInterval, fault);
                return;
            }
            catch (Exception fault)
            {
                // Once per outage.
                if (!isLogged)
                {
                    SessionLog.NotListening(_services.Telemetry.Log, _services.Settings.WatchInterval, fault);
                    isLogged = true;
                }
            }

            try
            {
                await Task.Delay(pause, _services.Clock, stop).ConfigureAwait(false);
                pause = pause < s_longestPause / 2 ? pause * 2 : s_longestPause;
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
