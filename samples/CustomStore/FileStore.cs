using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Sact.Session;
using Sact.Session.Stores;

namespace CustomStore;

/// <summary>
/// Sessions as files in a folder: one JSON file each, one lock. It shows what a store has to do, and that <see cref="SessionRecord.Apply"/>
/// and <see cref="SessionCap"/> do the thinking. For one process; every write is a file, and to list a user's sessions it reads them all.
/// </summary>
public sealed class FileStore(string folder, GenericStoreOptions options) : GenericStore(options), IExpiredSessionStore
{
    private static readonly Lock s_lock = new();

    // A prefix may be "..", hence the word before it.
    private readonly DirectoryInfo _folder = Directory.CreateDirectory(Path.Combine(folder, "of-" + options.Prefix));

    private DateTimeOffset Now => Clock.GetUtcNow();

    public override ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default) =>
        Locked(() => Owns(key) && Known(Read(FileOf(key))) is { } record && record.IsLive(Now) ? record : null, cancellationToken);

    public override ValueTask<SessionCreation> CreateAsync(
        SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default)
    {
        ThrowIfNotCreatable(session);
        return Locked(() =>
        {
            string file = FileOf(session.Key);
            var standing = Known(Read(file));
            if (File.Exists(file) && (standing is null || standing.IsLive(Now)))
            {
                return standing?.IsSameCreation(session) == true ? SessionCreation.Created() : SessionCreation.Exists;
            }

            var live = cap is null || session.UserId is not { } userId ? [] : LiveOf(userId);
            var ended = cap is null ? [] : cap.ChooseEnded([.. live.Where(record => !IsNewer(record))], live.Count(IsNewer), Now);
            if (ended is null)
            {
                return SessionCreation.CapReached;
            }

            EndAll(ended);
            Write(session);
            return SessionCreation.Created([.. ended.Select(record => record.Key)]);
        }, cancellationToken);
    }

    public override ValueTask<SessionUpdate> UpdateAsync(
        SessionRecord session, SessionChange change, CancellationToken cancellationToken = default) => Locked(() =>
    {
        if (!Owns(session.Key) || Known(Read(FileOf(session.Key))) is not { } stored || !stored.IsSameSession(session))
        {
            return SessionUpdate.Gone;
        }

        var outcome = stored.Apply(change, Now);
        if (outcome is { Status: SessionUpdateStatus.Applied, Record: { } changed })
        {
            Write(changed);
        }

        return outcome;
    }, cancellationToken);

    public override ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default) =>
        Locked(
            () => Owns(session.Key) && Read(FileOf(session.Key)) is { } stored && stored.IsSameSession(session) && EndAll([stored]) > 0,
            cancellationToken);

    public override async IAsyncEnumerable<SessionRecord> GetActiveSessionsAsync(
        string userId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ThrowIfBadUserId(userId);
        foreach (var session in await Locked(() => LiveOf(userId).ConvertAll(session => Known(session)!), cancellationToken))
        {
            yield return session;
        }
    }

    public override ValueTask<long> DeleteActiveSessionsAsync(
        string userId, SessionKey? except = null, CancellationToken cancellationToken = default)
    {
        ThrowIfBadEnding(userId, except);
        return Locked(() => EndAll(ReadAll().Where(record => record.UserId == userId && record.Key != except)), cancellationToken);
    }

    public override ValueTask<long> ClearAsync(CancellationToken cancellationToken = default) =>
        Locked(() => EndAll(ReadAll()), cancellationToken);

    public override ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default) =>
        Locked(() => ReadAll().LongCount(record => record.IsLive(Now)), cancellationToken);

    public ValueTask<long> DeleteExpiredAsync(int batch, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        return Locked(() =>
        {
            var dead = DestructionTime is { } now ? ReadAll().Where(record => record.MayBeDestroyed(now)).Take(batch).ToList() : [];
            EndAll(dead);
            return (long)dead.Count;
        }, cancellationToken);
    }

    // In hexadecimal, since two keys may differ in nothing but case, which some file systems do not keep apart.
    private string FileOf(SessionKey key) =>
        Path.Combine(_folder.FullName, Convert.ToHexString(Encoding.ASCII.GetBytes(key.KeyPart)) + ".json");

    private List<SessionRecord> LiveOf(string userId) => [.. ReadAll().Where(record => record.UserId == userId && record.IsLive(Now))];

    /// <summary>
    /// The readable records, those of a newer format among them: what ends, counts and sweeps sessions needs no more than key, user,
    /// lineage and deadline, which every format keeps.
    /// </summary>
    private IEnumerable<SessionRecord> ReadAll() =>
        _folder.EnumerateFiles("*.json").Select(file => Read(file.FullName)).OfType<SessionRecord>();

    /// <summary>Null if there is no such file, or if it is unreadable: then it is left alone.</summary>
    private SessionRecord? Read(string file)
    {
        try
        {
            var stored = File.Exists(file) ? JsonSerializer.Deserialize(File.ReadAllBytes(file), StoredJson.Default.StoredRecord) : null;
            return stored?.ToRecord();
        }
        catch (Exception fault) when (fault is JsonException or ArgumentException or OverflowException or NullReferenceException)
        {
            LogUnreadable(null, fault);
            return null;
        }
    }

    private static bool IsNewer(SessionRecord record) => record.Format > SessionRecord.CurrentFormat;

    /// <summary>Only a version that knows the format may read, list or change the record.</summary>
    private static SessionRecord? Known(SessionRecord? record)
    {
        ThrowIfNewerFormat(record?.Format ?? 0);
        return record;
    }

    // Moved into place, so that a crash leaves the old file or the new one.
    private void Write(SessionRecord record)
    {
        string file = FileOf(record.Key);
        File.WriteAllBytes(file + ".new", JsonSerializer.SerializeToUtf8Bytes(StoredRecord.From(record), StoredJson.Default.StoredRecord));
        File.Move(file + ".new", file, overwrite: true);
    }

    private long EndAll(IEnumerable<SessionRecord> records) => records.ToList().LongCount(record =>
    {
        File.Delete(FileOf(record.Key));
        return record.IsLive(Now);
    });

    private static ValueTask<T> Locked<T>(Func<T> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (s_lock)
        {
            try
            {
                return new(work());
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                throw new SessionStoreException("The folder of the sessions cannot be read or written.", fault);
            }
        }
    }
}
