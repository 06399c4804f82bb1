using StackExchange.Redis;

namespace Sact.Session;

/// <summary>
/// Refuses calls while a server that is connected answers nothing. One command at a time finds out whether it answers again. If that
/// command is not answered either, the connection may be half-open, and the probe breaks it.
/// </summary>
/// <param name="silence">How long the server has answered nothing.</param>
/// <param name="connector">The connector, which breaks connections.</param>
/// <param name="time">The system's time, or a test's.</param>
internal sealed class RedisProbe(RedisSilence silence, RedisConnector connector, TimeProvider time)
{
    private static readonly TimeSpan s_lastChance = TimeSpan.FromSeconds(1);

    private Task? _running;

    /// <summary>Returns if the server answers.</summary>
    /// <exception cref="SessionStoreException">It is silent.</exception>
    public void RefuseSilent(IDatabase database)
    {
        if (silence.Length is not { } length)
        {
            return;
        }

        if (Volatile.Read(ref _running) is not { IsCompleted: false })
        {
            var ping = database.PingAsync(CommandFlags.DemandMaster);
            silence.GaveUp(silence.Now, ping);
            Volatile.Write(ref _running, ping);
            _ = BreakUnlessAnsweredAsync(ping);
        }

        throw new SessionStoreException(
            $"Redis at {connector.Address} has not answered for {length.TotalSeconds:0} seconds (time-out). "
            + "Calls fail at once until it answers again. Check the server and the network.");
    }

    private async Task BreakUnlessAnsweredAsync(Task ping)
    {
        try
        {
            await ping.WaitAsync(s_lastChance, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            if (silence.Length is not null)
            {
                connector.Break();
            }
        }
        catch (Exception fault) when (RedisFaults.Is(fault))
        {
            // The connection has broken by itself.
        }
    }
}
