using System.Text;

namespace Sact.Session.Stores;

/// <summary>
/// Finds many fields by name. While there are few, it compares one after the other; for more it builds a dictionary, because comparing
/// alone takes quadratic time over the thousands of fields that a record can hold.
/// </summary>
internal readonly struct FieldLookup
{
    private const int FewFields = 16;

    private readonly PackedFields _fields;
    private readonly Dictionary<string, int>? _starts;

    public FieldLookup(PackedFields fields, int count)
    {
        _fields = fields;
        if (count <= FewFields)
        {
            return;
        }

        _starts = new(count, StringComparer.Ordinal);
        foreach (var field in fields)
        {
            _starts.TryAdd(Encoding.UTF8.GetString(field.Name), field.Start);
        }
    }

    /// <summary>Finds the first field of a name.</summary>
    /// <returns>Where the field begins; -1 if there is none.</returns>
    public int Find(ReadOnlySpan<byte> name) =>
        _starts is null ? _fields.Find(name) : _starts.GetValueOrDefault(Encoding.UTF8.GetString(name), -1);
}
