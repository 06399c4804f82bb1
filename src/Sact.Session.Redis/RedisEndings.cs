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
        await using var subscription = await link.SubscribeAsync(
            keys.Ended,
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
}
