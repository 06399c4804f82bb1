using System.Runtime.ExceptionServices;

namespace Sact.Session;

internal sealed partial class HttpContextSession
{
    private bool IsLoaded()
    {
        lock (_lock)
        {
            Follow();
            return _loaded;
        }
    }

    /// <summary>Reads on the spot. The interface leaves no choice; <see cref="LoadAsync"/> before it does.</summary>
    private void Load()
    {
        if (IsLoaded())
        {
            return;
        }

        if (_fault is { } fault)
        {
            ExceptionDispatchInfo.Throw(fault);
        }

        // A store of somebody's own may go on where it was called from: not where a thread waits for it here.
        bool free = SynchronizationContext.Current is null && TaskScheduler.Current == TaskScheduler.Default;
        (free ? ReadAsync(CancellationToken.None).AsTask() : Task.Run(() => ReadAsync(CancellationToken.None).AsTask())).GetAwaiter().GetResult();
    }

    private ValueTask ReadIfNeededAsync(CancellationToken cancellationToken) => IsLoaded() ? ValueTask.CompletedTask : ReadAsync(cancellationToken);

    private async ValueTask ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            int epoch = session.Number;
            SessionRecord? record;
            try
            {
                record = await session.ReadAsync(reload: false, cancellationToken).ConfigureAwait(false);
            }
            catch (SessionStoreException fault)
            {
                _fault = fault;
                throw;
            }

            lock (_lock)
            {
                Follow();
                if (_loaded || epoch != _epoch)
                {
                    if (_loaded)
                    {
                        return;
                    }

                    continue;
                }

                _fault = null;
                _key = record?.Key;
                _stored = record is null ? s_nothing : Decode(record);
                _loaded = true;
                return;
            }
        }
    }

    private Dictionary<string, byte[]> Decode(SessionRecord record)
    {
        var stored = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var (name, json) in record.Fields)
        {
            if (HttpContextSessionField.TryRead(name, json.Span, out string? key, out byte[]? value))
            {
                if (key is null)
                {
                    HttpContextSessionLog.BridgeUnreadable(session.Telemetry.Log, record.Key);
                }
                else
                {
                    stored.Add(key, value!);
                }
            }
        }

        return stored;
    }

    /// <summary>Under the lock: if the request has another session by now, what was seen is forgotten, and what was set goes over only where it may.</summary>
    private void Follow()
    {
        int epoch = session.Number;
        if (epoch == _epoch)
        {
            return;
        }

        if (_changes.Count > 0 && !(session.State.Predecessor is { } before && before.Number == _epoch && (keepAtSignIn || !before.BySigningIn)))
        {
            _changes.Clear();
            HttpContextSessionLog.BridgeDropped(session.Telemetry.Log);
        }

        _epoch = epoch;
        ForgetUnderLock();
    }

    private void Forget()
    {
        lock (_lock)
        {
            ForgetUnderLock();
        }
    }

    private void ForgetUnderLock()
    {
        (_stored, _key, _loaded, _lost, _fault) = (s_nothing, null, false, false, null);
    }
}
