using System.Data.Common;
using System.Globalization;

namespace Sact.Session.Scoreboard;

/// <summary>Every value of every row, as a dump shows them.</summary>
internal static class DumpedRows
{
    public static async Task<List<string[]>> ReadAsync(DbCommand command)
    {
        var rows = new List<string[]>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(column => Text(reader.GetValue(column)))]);
        }

        return rows;
    }

    /// <summary>Bytes as the characters that they are, so that a value in a record is found; never over more than one line.</summary>
    public static string Text(object value) => string.Concat((value switch
    {
        byte[] bytes => System.Text.Encoding.Latin1.GetString(bytes),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    }).Select(static c => char.IsControl(c) ? ' ' : c));
}
