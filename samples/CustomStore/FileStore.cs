using System.Runtime.CompilerServices;
using System.Text;
using Sact.Session;
using Sact.Session.Stores;

namespace CustomStore;

/// <summary>
/// Sessions as files in a folder, with one lock. It shows what a store has to do: read, add, compare and replace, mark as ended.
/// The base class has every rule. It is for one process; every write is a file, and to list a user's sessions it reads them all.
/// </summary>
public sealed class FileStore(FileStoreOptions options) : RecordStore(options), IExpiredSessionStore
{
    private static readonly Lock s_lock = new();

    // A prefix may be "..", hence the word before it.
    private readonly DirectoryInfo _folder = Directory.CreateDirectory(Path.Combine(options.Folder, "of-" + options.Prefix));

    public override async ValueTask<long> ClearAsync(CancellationToken cancellationToken = default)
    {
        long live = await Locked(() => DestroyAll(ReadAll().Where(found => !found.Value.IsNoteWithoutUser)), cancellationToken);

        // For the open connections of this process. The base class reports every other end.
        ReportEnded(null);
        return live;
    }

    public override ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default) =>
        Locked(() => ReadAll().LongCount(found => found.Value.IsLiveSession(Clock.GetUtcNow())), cancellationToken);

    public ValueTask<long> DeleteExpiredAsync(int batch, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        return Locked(() =>
        {
            // A header of every format can be read. The format 0 means that there is none.
            var until = DestructionTime - SessionRecord.SkewMargin;
            var dead = ReadAll().Where(f => f.Value.Header.Format > 0 && f.Value.Header.ExpiresAt <= until).Take(batch).ToList();
            DestroyAll(dead);
            return (long)dead.Count;
        }, cancellationToken);
    }

    protected override ValueTask<StoredRecord> ReadAsync(SessionKey key, CancellationToken cancellationToken) =>
        Locked(() => Read(key), cancellationToken);

    protected override ValueTask<RecordAddition> AddAsync(
        SessionRecord session, RecordAdmission admission, CancellationToken cancellationToken) => Locked(() =>
    {
        if (Read(session.Key) is var occupant && occupant.IsOccupiedFor(session, admission.Now))
        {
            return RecordAddition.Occupied(occupant);
        }

        var live = admission.Max == 0 ? [] : ReadAllOf(session.UserId!)
            .Where(found => found.Value.IsLive(admission.Now)).Select(found => found.Key).ToHashSet();
        int excess = admission.Max == 0 ? 0 : Math.Max(0, live.Count + 1 - admission.Max);
        var ended = admission.Candidates.Where(marker => live.Contains(marker.Key)).Take(excess).ToArray();
        if (ended.Length < excess)
        {
            return RecordAddition.Full;
        }

        // The session last: a crash before it leaves room for a retry, and no session over the cap.
        Array.ForEach(ended, marker => Write(marker.Key, marker.Pack()));
        Write(session.Key, session.Pack());
        return RecordAddition.Added([.. ended.Select(marker => marker.Key)]);
    }, cancellationToken);

    protected override ValueTask<StoredRecord?> ReplaceAsync(
        SessionRecord expected, SessionRecord replacement, CancellationToken cancellationToken) => Locked<StoredRecord?>(() =>
    {
        var stored = Read(expected.Key);
        if (stored.Record is not { } record || record.Version != expected.Version || !record.IsSameSession(expected))
        {
            return stored;
        }

        Write(replacement.Key, replacement.Pack());
        return null;
    }, cancellationToken);

    protected override ValueTask<StoredRecord> MarkEndedAsync(
        SessionRecord session, EndedMarker marker, CancellationToken cancellationToken) =>
        Locked(() => Mark(marker, header => header.LineageHash == session.LineageHash), cancellationToken);

    protected override ValueTask<long> MarkUserEndedAsync(
        string userId, IReadOnlyList<EndedMarker> markers, CancellationToken cancellationToken) => Locked(
        () => markers.LongCount(marker => Mark(marker, header => header.UserId == userId).IsLive(Clock.GetUtcNow())), cancellationToken);

    protected override async IAsyncEnumerable<KeyValuePair<SessionKey, StoredRecord>> ReadUserAsync(
        string userId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var found in await Locked(() => ReadAllOf(userId).ToList(), cancellationToken))
        {
            yield return found;
        }
    }

    // In hexadecimal, since two keys may differ in nothing but case, which some file systems do not keep apart.
    private string FileOf(SessionKey key) =>
        Path.Combine(_folder.FullName, Convert.ToHexString(Encoding.ASCII.GetBytes(key.KeyPart)) + ".session");

    private StoredRecord Read(SessionKey key) =>
        File.Exists(FileOf(key)) ? StoredRecord.Unpack(key, File.ReadAllBytes(FileOf(key))) : default;

    private IEnumerable<KeyValuePair<SessionKey, StoredRecord>> ReadAll() =>
        from file in _folder.EnumerateFiles("*.session")
        let part = Encoding.ASCII.GetString(Convert.FromHexString(Path.GetFileNameWithoutExtension(file.Name)))
        let key = SessionKey.Parse($"{Prefix}:{part}")
        select KeyValuePair.Create(key, Read(key));

    private IEnumerable<KeyValuePair<SessionKey, StoredRecord>> ReadAllOf(string userId) =>
        ReadAll().Where(found => found.Value.Header.UserId == userId);

    // Flushed, then moved into place, so that a crash leaves the old file or the new one.
    private void Write(SessionKey key, byte[] packed)
    {
        string file = FileOf(key);
        using (var stream = File.Create(file + ".new"))
        {
            stream.Write(packed);
            stream.Flush(flushToDisk: true);
        }

        File.Move(file + ".new", file, overwrite: true);
    }

    private StoredRecord Mark(EndedMarker marker, Func<RecordHeader, bool> ends)
    {
        var stored = Read(marker.Key);
        bool isMarked = stored.Exists && !stored.IsEnded && ends(stored.Header);
        if (isMarked)
        {
            Write(marker.Key, marker.Pack());
        }

        return isMarked ? stored : default;
    }

    private long DestroyAll(IEnumerable<KeyValuePair<SessionKey, StoredRecord>> sessions) => sessions.ToList().LongCount(found =>
    {
        File.Delete(FileOf(found.Key));
        return found.Value.IsLiveSession(Clock.GetUtcNow());
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
