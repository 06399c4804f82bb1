using System.Diagnostics.CodeAnalysis;
using StackExchange.Redis;

namespace Sact.Session;

/// <summary>A channel of the server, until it is disposed of.</summary>
internal sealed class RedisSubscription : IAsyncDisposable
{
    private readonly IConnectionMultiplexer _connection;
    private readonly RedisChannel _channel;
    private readonly Action<RedisChannel, RedisValue> _onMessage;
    private readonly EventHandler<ConnectionFailedEventArgs> _onRestored;

    private RedisSubscription(IConnectionMultiplexer connection, RedisChannel channel, Action<RedisValue> onMessage, Action onRestored)
    {
        _connection = connection;
        _channel = channel;
        _onMessage = (_, message) => onMessage(message);
        _onRestored = (_, restored) =>
        {
            if (restored.ConnectionType == ConnectionType.Subscription)
            {
                onRestored();
            }
        };
    }

    public static async Task<RedisSubscription> BeginAsync(
        IConnectionMultiplexer connection, RedisChannel channel, Action<RedisValue> onMessage, Action onRestored)
    {
        var subscription = new RedisSubscription(connection, channel, onMessage, onRestored);
        connection.ConnectionRestored += subscription._onRestored;
        try
        {
            await connection.GetSubscriber().SubscribeAsync(channel, subscription._onMessage).ConfigureAwait(false);
            return subscription;
        }
        catch
        {
            // The client keeps the handler of a subscription that the server has refused.
            await subscription.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "The connection may be gone already.")]
    public async ValueTask DisposeAsync()
    {
        _connection.ConnectionRestored -= _onRestored;
        try
        {
            await _connection.GetSubscriber().UnsubscribeAsync(_channel, _onMessage, CommandFlags.FireAndForget).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Nothing is left to unsubscribe from.
        }
    }
}
