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
    protected override (string Name, ReadOnlyMemory<byte> Value)? Rewrite(string name, ReadOnlyMemory<byte> value) =>
        value.Span.SequenceEqual("null"u8) ? null : (name, value);
}

internal sealed class RewritesNumbers(GenericStoreOptions options, DictionaryData data) : RewritesFields(options, data)
{
    protected override (string Name, ReadOnlyMemory<byte> Value)? Rewrite(string name, ReadOnlyMemory<byte> value)
    {
        using var document = JsonDocument.Parse(value);
        return document.RootElement.ValueKind == JsonValueKind.Number
            ? (name, JsonSerializer.SerializeToUtf8Bytes(Math.Clamp(document.RootElement.GetDouble(), -1e300, 1e300)))
            : (name, value);
    }
}

internal sealed class NormalisesJson(GenericStoreOptions options, DictionaryData data) : RewritesFields(options, data)
{
    protected override (string Name, ReadOnlyMemory<byte> Value)? Rewrite(string name, ReadOnlyMemory<byte> value) =>
        (name, Encoding.UTF8.GetBytes(
            JsonNode.Parse(value.Span, documentOptions: new JsonDocumentOptions { MaxDepth = 64 })?.ToJsonString() ?? "null"));
}

internal sealed class FoldsNames(GenericStoreOptions options, DictionaryData data) : RewritesFields(options, data)
{
    protected override (string Name, ReadOnlyMemory<byte> Value)? Rewrite(string name, ReadOnlyMemory<byte> value) =>
        (name.ToUpperInvariant(), value);
}

internal sealed class TrimsNames(GenericStoreOptions options, DictionaryData data) : RewritesFields(options, data)
{
    protected override (string Name, ReadOnlyMemory<byte> Value)? Rewrite(string name, ReadOnlyMemory<byte> value) =>
        (name.Trim() is { Length: > 0 } trimmed ? trimmed : name, value);
}

internal sealed class CutsValues(GenericStoreOptions options, DictionaryData data) : RewritesFields(options, data)
{
    protected override (string Name, ReadOnlyMemory<byte> Value)? Rewrite(string name, ReadOnlyMemory<byte> value) =>
        (name, value.Length > 32768 ? value[..32768] : value);
}

internal sealed class FoldsUsers(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override List<SessionRecord> List(string userId) =>
        [.. Own().Where(record => string.Equals(record.UserId, userId, StringComparison.OrdinalIgnoreCase) && IsLive(record))];
}

internal sealed class TrimsUsers(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override long DeleteActive(string userId, SessionKey? except) =>
        EndAll(Own().Where(record => record.UserId?.Trim() == userId.Trim() && record.Key != except));
}

internal sealed class KeepsSeconds(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override void Put(SessionRecord record) =>
        base.Put(record.With(createdAt: DateTimeOffset.FromUnixTimeSeconds(record.CreatedAt.ToUnixTimeSeconds())));
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
    protected override SessionRecord? Stored(SessionKey key) =>
        Data.Garbage.Contains(key) ? throw new FormatException("The record is unreadable.") : base.Stored(key);
}

/// <summary>A newer format as an unreadable record: absent, and so out of reach of every end.</summary>
internal sealed class TakesNewerFormatsForGarbage(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    private IEnumerable<SessionRecord> Readable() => Own().Where(record => !IsNewer(record));

    protected override bool Delete(SessionRecord session) => Stored(session.Key) is not null && base.Delete(session);

    protected override long DeleteActive(string userId, SessionKey? except) =>
        EndAll(Readable().Where(record => record.UserId == userId && record.Key != except));

    protected override long DeleteAll() => EndAll(Readable());

    protected override long Count() => Readable().LongCount(IsLive);
}

internal sealed class ListsWithoutNewerFormats(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override List<SessionRecord> List(string userId) =>
        [.. Own().Where(record => record.UserId == userId && IsLive(record) && !IsNewer(record))];
}

internal sealed class ListsNoUserBesideANewerFormat(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override List<SessionRecord> List(string userId) =>
        Own().Any(IsNewer) ? throw new SessionStoreException("A record was written by a newer version.") : base.List(userId);
}

internal sealed class FaultsOnExpiredNewerFormats(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override List<SessionRecord> List(string userId) =>
        Own().Any(record => record.UserId == userId && IsNewer(record))
            ? throw new SessionStoreException("A record was written by a newer version.")
            : base.List(userId);
}

internal sealed class EndsNewerFormatsOfAnyLineage(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override bool Delete(SessionRecord session) =>
        Own().FirstOrDefault(record => record.Key == session.Key && IsNewer(record)) is { } newer ? End(newer) : base.Delete(session);
}

internal sealed class CapsWithoutNewerFormats(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override IReadOnlyList<SessionRecord>? Choose(SessionCap cap, string userId) =>
        cap.ChooseEnded([.. Own().Where(record => record.UserId == userId && IsLive(record) && !IsNewer(record))], Now);
}

internal sealed class EndsNewerFormatsByTheCap(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override IReadOnlyList<SessionRecord>? Choose(SessionCap cap, string userId) =>
        cap.ChooseEnded([.. Own().Where(record => record.UserId == userId && IsLive(record))], Now);
}

internal sealed class RefusesWhereNewerFormatsFillTheCap(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override IReadOnlyList<SessionRecord>? Choose(SessionCap cap, string userId) =>
        Newer(userId) >= cap.Max ? null : base.Choose(cap, userId);
}

internal sealed class SweepsNewerFormats(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override long Sweep(int batch) => EndAll(Own().Where(IsNewer).Take(batch)) + base.Sweep(batch);
}

internal sealed class OverwritesNewerFormats(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionCreation Create(SessionRecord session, SessionCap? cap)
    {
        if (Readable(session.Key) is { } stored && IsNewer(stored))
        {
            Data.Records.Remove(session.Key);
        }

        return base.Create(session, cap);
    }
}

/// <summary>Walks over what it can read, and keeps the rest to itself.</summary>
internal sealed class QueriesPastTheUnreadable(GenericStoreOptions options, DictionaryData data) : RecordDictionaryStore(options, data)
{
    protected override async ValueTask<ScannedRecords> ScanAsync(
        SessionQuery query, byte[]? after, int most, CancellationToken cancellationToken)
    {
        var part = await base.ScanAsync(query, after, most, cancellationToken);
        return part with { Records = [.. part.Records.Where(found => found.Stored.Record is not null)] };
    }
}

internal sealed class ReadsNewerFormats(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionRecord? Stored(SessionKey key) => Data.Records.GetValueOrDefault(key);
}

internal sealed class HidesNewerFormats(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override SessionRecord? Stored(SessionKey key) =>
        Data.Records.GetValueOrDefault(key) is { Format: SessionRecord.CurrentFormat } record ? record : null;
}

internal sealed class ForgetsWrappedKeys(GenericStoreOptions options, DictionaryData data) : DictionaryStore(options, data)
{
    protected override void Put(SessionRecord record) => base.Put(record with { CurrentKey = null, PendingKey = null, PreviousKey = null });
}
