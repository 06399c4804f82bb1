using Npgsql;
using NpgsqlTypes;

namespace Sact.Session;

/// <summary>Adds parameters to a command. They are positional, so that Npgsql does not rewrite the statements.</summary>
internal static class PostgreSqlParameters
{
    public static NpgsqlBatchCommand Add(this NpgsqlBatchCommand command, string? value) => command.Add(NpgsqlDbType.Text, value);

    public static NpgsqlBatchCommand Add(this NpgsqlBatchCommand command, int value) => command.Add(NpgsqlDbType.Integer, value);

    public static NpgsqlBatchCommand Add(this NpgsqlBatchCommand command, long value) => command.Add(NpgsqlDbType.Bigint, value);

    public static NpgsqlBatchCommand Add(this NpgsqlBatchCommand command, byte[] value) => command.Add(NpgsqlDbType.Bytea, value);

    public static NpgsqlBatchCommand Add(this NpgsqlBatchCommand command, byte[][] values) =>
        command.Add(NpgsqlDbType.Array | NpgsqlDbType.Bytea, values);

    public static NpgsqlBatchCommand Add(this NpgsqlBatchCommand command, DateTimeOffset value) =>
        command.Add(value.ToUnixTimeMilliseconds());

    private static NpgsqlBatchCommand Add(this NpgsqlBatchCommand command, NpgsqlDbType type, object? value)
    {
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = type, Value = value ?? DBNull.Value });
        return command;
    }
}
