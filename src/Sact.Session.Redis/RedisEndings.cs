using System.Runtime.CompilerServices;
using System.Threading.Channels;
using StackExchange.Redis;

namespace Sact.Session;

/// <summary>Receives the keys that the scripts publish when they end sessions.</summary>
internal sealed class RedisEndings(RedisLink link, RedisKeys keys)
{
    /// <summary>Listens until it is cancelled. The client subscribes again by itself after it has lost its connection.</summary>
    public async IAsyncEnumerable<SessionKey?> ListenAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Unbounded, because the reader only notes each key.
        var received = Channel.CreateUnbounded<SessionKey?>(new UnboundedChannelOptions { SingleReader = true });
        await using var subscription = await SubscribeAsync(
            message =>
            {
                if (keys.TryParse((string?)message, out var key))
                {
                    received.Writer.TryWrite(key);
                }
            },

            // What was published meanwhile is lost.
            () => received.Writer.TryWrite(null),
            cancellationToken).ConfigureAwait(false);
        yield return null;
        await foreach (var key in received.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return key;
        }
    }

    private async Task<RedisSubscription> SubscribeAsync(
        Action<RedisValue> onMessage, Action onRestored, CancellationToken cancellationToken)
    {
        try
        {
            var connection = await link.ConnectAsync(cancellationToken).ConfigureAwait(false);
            return await RedisSubscription.BeginAsync(connection, keys.Ended, onMessage, onRestored).ConfigureAwait(false);
        }
        catch (Exception fault) when (RedisFaults.Is(fault))
        {
            throw link.Wrap(fault, write: false);
        }
    }
}
