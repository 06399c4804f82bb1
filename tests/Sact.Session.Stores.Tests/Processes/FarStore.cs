using System.Runtime.CompilerServices;
using Sact.Session.SecondProcess;

namespace Sact.Session.Stores.Tests;

/// <summary>Represents a store in the second process. Names are made here; all else is done there, by the clock of here.</summary>
internal sealed class FarStore(SecondProcess process, int handle, GenericStoreOptions options)
    : GenericStore(options), IEndedSessionStore, IExpiredSessionStore
{
    public Task OpenAsync(string kind, string connectionString) =>
        SendAsync(new Call { Verb = "open", Store = kind, Connection = connectionString, Prefix = Prefix }, default);

    public Task CloseAsync() => SendAsync(new Call { Verb = "close" }, default);

    public override async ValueTask<SessionRecord?> GetAsync(SessionKey key, CancellationToken cancellationToken = default) =>
        Owns(key) ? (await SendAsync(new Call { Verb = "get", Key = key }, cancellationToken)).Record?.ToRecord() : null;

    public override async ValueTask<SessionCreation> CreateAsync(
        SessionRecord session, SessionCap? cap = null, CancellationToken cancellationToken = default)
    {
        ThrowIfNotCreatable(session);
        var answer = await SendAsync(
            new Call { Verb = "create", Record = PackedRecord.From(session), CapMax = cap?.Max, CapPolicy = cap?.Policy ?? default },
            cancellationToken);
        return (SessionCreationStatus)answer.Status switch
        {
            SessionCreationStatus.Created => SessionCreation.Created(answer.Keys),
            SessionCreationStatus.Exists => SessionCreation.Exists,
            _ => SessionCreation.CapReached,
        };
    }

    public override async ValueTask<SessionUpdate> UpdateAsync(
        SessionRecord session, SessionChange change, CancellationToken cancellationToken = default)
    {
        var answer = await SendAsync(
            new Call { Verb = "update", Record = PackedRecord.From(session), Change = StoredChange.From(change) }, cancellationToken);
        return (SessionUpdateStatus)answer.Status switch
        {
            SessionUpdateStatus.Applied => SessionUpdate.Applied(answer.Record!.ToRecord()),
            SessionUpdateStatus.Conflict => SessionUpdate.Conflict(answer.Record!.ToRecord()),
            SessionUpdateStatus.TooLarge => SessionUpdate.TooLarge,
            _ => SessionUpdate.Gone,
        };
    }

    public override async ValueTask<bool> DeleteAsync(SessionRecord session, CancellationToken cancellationToken = default) =>
        (await SendAsync(new Call { Verb = "delete", Record = PackedRecord.From(session) }, cancellationToken)).Number == 1;

    public async ValueTask<SessionLookup> FindAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        if (!Owns(key))
        {
            return default;
        }

        var answer = await SendAsync(new Call { Verb = "find", Key = key }, cancellationToken);
        return answer.Marker is { } marker ? new(StoredRecord.Unpack(key, marker).Ended) : new(answer.Record?.ToRecord());
    }

    public async ValueTask<bool> EndAsync(
        SessionRecord session, SessionEndReason reason, CancellationToken cancellationToken = default) =>
        (await SendAsync(
            new Call { Verb = "delete", Record = PackedRecord.From(session), Reason = reason }, cancellationToken)).Number == 1;

    public async ValueTask<long> EndActiveSessionsAsync(
        string userId, SessionKey? except, SessionEndReason reason, CancellationToken cancellationToken = default) =>
        (await SendAsync(
            new Call { Verb = "delete_user", UserId = userId, Key = except, Reason = reason }, cancellationToken)).Number;

    public override async IAsyncEnumerable<SessionRecord> GetActiveSessionsAsync(
        string userId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var record in (await SendAsync(new Call { Verb = "list", UserId = userId }, cancellationToken)).Records!)
        {
            yield return record.ToRecord();
        }
    }

    public override async ValueTask<long> DeleteActiveSessionsAsync(
        string userId, SessionKey? except = null, CancellationToken cancellationToken = default) =>
        (await SendAsync(new Call { Verb = "delete_user", UserId = userId, Key = except }, cancellationToken)).Number;

    public override async ValueTask<long> ClearAsync(CancellationToken cancellationToken = default) =>
        (await SendAsync(new Call { Verb = "delete_all" }, cancellationToken)).Number;

    public override async ValueTask<long> CountActiveSessionsAsync(CancellationToken cancellationToken = default) =>
        (await SendAsync(new Call { Verb = "count" }, cancellationToken)).Number;

    public async ValueTask<long> DeleteExpiredAsync(int batch, CancellationToken cancellationToken = default) =>
        (await SendAsync(new Call { Verb = "sweep", Batch = batch }, cancellationToken)).Number;

    // A call that was sent is not taken back: a write that has begun is finished.
    private Task<Answer> SendAsync(Call call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return process.SendAsync(call with { Handle = handle, Now = Clock.GetUtcNow(), Timestamp = Clock.GetTimestamp() });
    }
}
