using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sact.Session.Stores.Tests.BrokenStores;

/// <summary>Keeps fields in another representation, as a store on a database might.</summary>
internal abstract class RewritesFields(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override void Put(SessionRecord record)
    {
        var fields = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        foreach (var (name, value) in record.Fields)
        {
            if (Rewrite(name, value) is { } rewritten)
            {
                fields[rewritten.Name] = rewritten.Value;
            }
        }

        base.Put(record.With(fields: SessionFields.Restore(fields)));
    }

    protected abstract (string Name, ReadOnlyMemory<byte> Value)? Rewrite(string name, ReadOnlyMemory<byte> value);
}

internal sealed class DropsNulls(GenericStoreOptions options, DictionaryData data) : RewritesFields(options, data)
{
    protected override (string Name, ReadOnlyMemory<byte> Value)? Rewrite(string name, ReadOnlyMemory<byte> value) => value.Span.SequenceEqual("null"u8) ? null : (name, value);
}

internal sealed class RewritesNumbers(GenericStoreOptions options, DictionaryData data) : RewritesFields(options, data)
{
    protected override (string Name, ReadOnlyMemory<byte> Value)? Rewrite(string name, ReadOnlyMemory<byte> value)
    {
        using var document = JsonDocument.Parse(value);
        return document.RootElement.ValueKind == JsonValueKind.Number ? (name, JsonSerializer.SerializeToUtf8Bytes(Math.Clamp(document.RootElement.GetDouble(), -1e300, 1e300))) : (name, value);
    }
}

internal sealed class NormalisesJson(GenericStoreOptions options, DictionaryData data) : RewritesFields(options, data)
{
    protected override (string Name, ReadOnlyMemory<byte> Value)? Rewrite(string name, ReadOnlyMemory<byte> value) =>
        (name, Encoding.UTF8.GetBytes(JsonNode.Parse(value.Span, documentOptions: new JsonDocumentOptions { MaxDepth = 64 })?.ToJsonString() ?? "null"));
}

internal sealed class FoldsNames(GenericStoreOptions options, DictionaryData data) : RewritesFields(options, data)
{
    protected override (string Name, ReadOnlyMemory<byte> Value)? Rewrite(string name, ReadOnlyMemory<byte> value) => (name.ToUpperInvariant(), value);
}

internal sealed class TrimsNames(GenericStoreOptions options, DictionaryData data) : RewritesFields(options, data)
{
    protected override (string Name, ReadOnlyMemory<byte> Value)? Rewrite(string name, ReadOnlyMemory<byte> value) => (name.Trim() is { Length: > 0 } trimmed ? trimmed : name, value);
}

internal sealed class CutsValues(GenericStoreOptions options, DictionaryData data) : RewritesFields(options, data)
{
    protected override (string Name, ReadOnlyMemory<byte> Value)? Rewrite(string name, ReadOnlyMemory<byte> value) => (name, value.Length > 32768 ? value[..32768] : value);
}

internal sealed class FoldsUsers(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override List<SessionRecord> List(string userId) => [.. Own().Where(record => string.Equals(record.UserId, userId, StringComparison.OrdinalIgnoreCase) && IsLive(record))];
}

internal sealed class TrimsUsers(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override long DeleteActive(string userId, SessionKey? except) => EndAll(Own().Where(record => record.UserId?.Trim() == userId.Trim() && record.Key != except));
}

internal sealed class KeepsSeconds(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override void Put(SessionRecord record) => base.Put(record.With(createdAt: DateTimeOffset.FromUnixTimeSeconds(record.CreatedAt.ToUnixTimeSeconds())));
}

internal sealed class ForgetsThePendingHash(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override void Put(SessionRecord record) => base.Put(record.With(keepsPending: false));
}

internal sealed class DeletesGarbage(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionRecord? Read(SessionKey key)
    {
        if (Data.Garbage.Remove(key))
        {
            Data.Records.Remove(key);
        }

        return base.Read(key);
    }
}

internal sealed class ThrowsOnGarbage(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionRecord? Stored(SessionKey key) => Data.Garbage.Contains(key) ? throw new FormatException("The record is unreadable.") : base.Stored(key);
}

internal sealed class ReadsNewerFormats(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionRecord? Stored(SessionKey key) => Data.Records.GetValueOrDefault(key);
}

internal sealed class HidesNewerFormats(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionRecord? Stored(SessionKey key) => Data.Records.GetValueOrDefault(key) is { Format: SessionRecord.CurrentFormat } record ? record : null;
}
