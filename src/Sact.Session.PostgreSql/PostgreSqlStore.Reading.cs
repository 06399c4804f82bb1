using Npgsql;

namespace Sact.Session;

public sealed partial class PostgreSqlStore
{
    private void RefuseStandby(NpgsqlDataReader row)
    {
        if (row.GetBoolean(0))
        {
            throw _database.Faults.OnStandby();
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

    /// <summary>The record of a row whose first column says whether the server is a standby. Null if there is none.</summary>
    private SessionRecord? ReadNext(NpgsqlDataReader row)
    {
        RefuseStandby(row);
        return row.IsDBNull(1) ? null : ReadOrSkip(row);
    }

    /// <summary>The record of a row. An unreadable one is absent to this call, with one event, and it is not deleted.</summary>
    private SessionRecord? ReadOrSkip(NpgsqlDataReader row)
    {
        try
        {
            return PostgreSqlRows.Read(row);
        }
        catch (FormatException fault)
        {
            bool isKey = SessionKey.TryParse(row.GetString(1) + ":" + row.GetString(2), null, out var key);
            PostgreSqlLog.Unreadable(Logger, isKey ? key.ToString() : "(no key)", fault);
            return null;
        }
    }
}
