using Npgsql;

namespace Sact.Session;

public sealed partial class PostgreSqlStore
{
    private static void RefuseStandby(NpgsqlDataReader row)
    {
        if (row.GetBoolean(0))
        {
            throw new SessionStoreException("PostgreSQL did not answer a read of a session: " + PostgreSqlFaults.Standby);
        }
    }

    private async Task<SessionUpdate> ReadUpdateAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        if (!await reader.ReadAsync(cancellationToken).ConfigureAwait(false) || ReadOrSkip(reader) is not { } record)
        {
            return SessionUpdate.Gone;
        }

        return (SessionUpdateStatus)reader.GetInt32(0) switch
        {
            SessionUpdateStatus.Applied => SessionUpdate.Applied(record),
            SessionUpdateStatus.Conflict => SessionUpdate.Conflict(record),
            SessionUpdateStatus.TooLarge => SessionUpdate.TooLarge,
            _ => SessionUpdate.Gone,
        };
    }

    private async Task<SessionRecord?> ReadOneAsync(NpgsqlDataReader reader, CancellationToken cancellationToken) =>
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false) ? ReadNext(reader) : null;

    private async Task<List<SessionRecord>> ReadAllAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var records = new List<SessionRecord>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (ReadNext(reader) is { } record)
            {
                records.Add(record);
            }
        }

        return records;
    }

    /// <summary>The record of a row that tells first whether the server is a standby; null if there is none.</summary>
    private SessionRecord? ReadNext(NpgsqlDataReader row)
    {
        RefuseStandby(row);
        return row.IsDBNull(1) ? null : ReadOrSkip(row);
    }

    /// <summary>An unreadable record is absent to this call, with one event; nobody else notices, and it is not deleted.</summary>
    private SessionRecord? ReadOrSkip(NpgsqlDataReader row)
    {
        try
        {
            return PostgreSqlRows.Read(row);
        }
        catch (FormatException fault)
        {
            PostgreSqlLog.Unreadable(Logger, SessionKey.TryParse(row.GetString(1) + ":" + row.GetString(2), null, out var key) ? key.ToString() : "(no key)", fault);
            return null;
        }
    }
}
