using System.Text.Json.Serialization.Metadata;

namespace Sact.Session;

/// <summary>Changes the metadata of a live session. It never creates one.</summary>
internal readonly struct SessionFieldWriter(RequestSession session)
{
    /// <summary>Adds or replaces fields of the signed-in session.</summary>
    public async ValueTask<bool> UpdateAsync(SessionFields fields, CancellationToken cancellationToken)
    {
        ThrowIfTooLarge(fields, nameof(fields));
        return await ChangeSignedInAsync(
            fields, [], null, nameof(fields), cancellationToken).ConfigureAwait(false) == SessionUpdateStatus.Applied;
    }

    /// <summary>Removes fields of the signed-in session.</summary>
    public async ValueTask<bool> RemoveAsync(string[] names, CancellationToken cancellationToken)
    {
        foreach (string name in names)
        {
            FieldNameRule.ThrowIfBroken(name, allowReserved: false, nameof(names));
        }

        return await ChangeSignedInAsync(
            null, names, null, nameof(names), cancellationToken).ConfigureAwait(false) == SessionUpdateStatus.Applied;
    }

    /// <summary>
    /// Computes one field of the signed-in session from its value, again and again until nobody has written it meanwhile.
    /// </summary>
    public async ValueTask<ModifyResult<T>> ModifyAsync<T>(
        string name, Func<T?, T> modify, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken)
    {
        FieldNameRule.ThrowIfBroken(name, allowReserved: false, nameof(name));
        ArgumentNullException.ThrowIfNull(modify);
        ArgumentNullException.ThrowIfNull(typeInfo);
        for (int i = 0; i < SessionRenewer.MaxTries; i++)
        {
            // The application's function runs outside of the lock: it may use the session itself.
            if (await session.ReadAsync(reload: false, cancellationToken).ConfigureAwait(false)
                is not { State: SessionState.SignedIn } read)
            {
                return default;
            }

            SealedFields.TryRead(read, session.KeyOf(read), name, out var json);
            T value = modify(SessionJson.Read(json, name, typeInfo));
            var set = FieldsFromJson.One(name, value, typeInfo, nameof(modify));
            var condition = SealedFields.Unchanged(read, name, session.Settings.SealMetadata);
            switch (await ChangeSignedInAsync(set, [], condition, nameof(modify), cancellationToken).ConfigureAwait(false))
            {
                case SessionUpdateStatus.Applied:
                    return new ModifyResult<T>(value);
                case SessionUpdateStatus.Gone:
                    return default;
            }

            session.Telemetry.Metrics.Conflict();
        }

        throw new SessionStoreException(
            $"The field could not be changed: the store reported another writer {SessionRenewer.MaxTries} times in a row. Check the "
            + "store's UpdateAsync.");
    }

    /// <summary>
    /// Changes fields of the live session in any state, the library's own included. The client's disconnect does not cancel it.
    /// </summary>
    /// <param name="set">Fields to add or replace.</param>
    /// <param name="remove">Names to remove.</param>
    /// <param name="number">The <see cref="SessionStateMachine.Number"/> that the request must still have; null for any.</param>
    /// <param name="cancellationToken">Read before the write begins.</param>
    public async ValueTask<SessionUpdateStatus> ChangeAnyAsync(
        SessionFields? set, IReadOnlyList<string> remove, int? number, CancellationToken cancellationToken)
    {
        using var scope = await session.EnterAsync(cancellationToken).ConfigureAwait(false);
        if ((number ?? session.State.Number) != session.State.Number
            || await session.LoadAsync(reload: false, cancellationToken, forEnding: true).ConfigureAwait(false) is not { } record)
        {
            return SessionUpdateStatus.Gone;
        }

        return await WriteAsync(record, set, remove, null, nameof(set), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A change by the fields' own names as the store gets it.</summary>
    /// <exception cref="SessionStoreException">The session has sealed fields, and no id of this request opens its key.</exception>
    public FieldChange AsStored(SessionRecord record, FieldChange change) => record.CurrentKey is null
        ? change
        : SealedFields.Seal(change, session.KeyOf(record) ?? throw SealedFields.Unopened(), session.Settings.SealMetadata);

    public void ThrowIfTooLarge(SessionFields fields, string parameter)
    {
        if (fields.SizeInBytes > session.Settings.MaxRecordBytes)
        {
            throw TooLarge(parameter);
        }
    }

    public ArgumentException TooLarge(string parameter) => new(
        $"The names and values of the session would be larger than MaxRecordBytes ({session.Settings.MaxRecordBytes}). "
        + "Keep large data elsewhere and its id here, or raise SactSessionOptions.MaxRecordBytes.",
        parameter);

    private async ValueTask<SessionUpdateStatus> ChangeSignedInAsync(
        SessionFields? set,
        IReadOnlyList<string> remove,
        SessionFieldCondition? condition,
        string parameter,
        CancellationToken cancellationToken)
    {
        using var scope = await session.EnterAsync(cancellationToken).ConfigureAwait(false);
        return await session.LoadAsync(reload: false, cancellationToken).ConfigureAwait(false) is { State: SessionState.SignedIn } record
            ? await WriteAsync(record, set, remove, condition, parameter, cancellationToken).ConfigureAwait(false)
            : SessionUpdateStatus.Gone;
    }

    private async ValueTask<SessionUpdateStatus> WriteAsync(
        SessionRecord record,
        SessionFields? set,
        IReadOnlyList<string> remove,
        SessionFieldCondition? condition,
        string parameter,
        CancellationToken cancellationToken)
    {
        var fields = AsStored(record, new FieldChange(set, remove));
        var change = new SessionChange
        {
            Set = fields.Set,
            Remove = fields.Remove,
            Condition = condition,
            MaxBytes = session.Settings.MaxRecordBytes,
            Generation = session.State.Generation,
        };
        var outcome = await session.UpdateAsync(record, change, cancellationToken).ConfigureAwait(false);
        return outcome.Status == SessionUpdateStatus.TooLarge ? throw TooLarge(parameter) : outcome.Status;
    }
}
