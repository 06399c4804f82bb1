using System.Runtime.CompilerServices;
using Npgsql;

namespace Sact.Session;

/// <summary>Receives the notifications that the ending statements send.</summary>
internal sealed class PostgreSqlEndings(PostgreSqlConnections connections, PostgreSqlFaults faults, string prefix)
{
    /// <summary>Listens on one connection, until it is cancelled or the connection is lost.</summary>
    public async IAsyncEnumerable<SessionKey?> ListenAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(cancellationToken).ConfigureAwait(false);
        var received = new Queue<SessionKey?>();
        connection.Notification += (_, notification) => Receive(notification.Payload, received);
        yield return null;
        while (true)
        {
            await WaitAsync(connection, cancellationToken).ConfigureAwait(false);
            while (received.TryDequeue(out var key))
            {
                yield return key;
            }
        }
    }

    private void Receive(string payload, Queue<SessionKey?> received)
    {
        if (payload == prefix + ":")
        {
            received.Enqueue(null);
        }
        else if (SessionKey.TryParse(payload, null, out var key) && key.Prefix == prefix)
        {
            received.Enqueue(key);
        }
    }

    private async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        NpgsqlConnection? connection = null;
        try
        {
            connection = await connections.OpenListeningAsync(cancellationToken).ConfigureAwait(false);
            await using var listen = new NpgsqlCommand($"LISTEN {PostgreSqlStatements.Channel}", connection);
            await listen.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch (Exception fault)
        {
            if (connection is not null)
            {
                await connection.DisposeAsync().ConfigureAwait(false);
            }

            throw IsLost(fault) ? faults.NotConnected(fault) : fault;
        }
    }

    private async Task WaitAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await connection.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault) when (IsLost(fault))
        {
            throw faults.NotConnected(fault);
        }
    }

    private static bool IsLost(Exception fault) =>
        fault is NpgsqlException or IOException or TimeoutException or System.Net.Sockets.SocketException;
}
