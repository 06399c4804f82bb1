namespace Sact.Session;

public partial class Session<TStore>
{
    SessionSettings IReservedSession.Settings => Settings;

    async ValueTask<SessionRecord?> IReservedSession.ReadAsync(bool reload, CancellationToken cancellationToken)
    {
        using var turn = await TurnAsync(cancellationToken).ConfigureAwait(false);
        return await LoadAsync(reload, cancellationToken).ConfigureAwait(false);
    }

    ValueTask IReservedSession.SignInAsync(string userId, SessionFields fields, SessionSignInOptions? options, CancellationToken cancellationToken) =>
        SignInAsync(userId, fields, options is null ? Settings.SignInTerms : Terms(options), cancellationToken);

    int IReservedSession.Epoch
    {
        get
        {
            _response.ThrowIfEnded();
            return _epoch;
        }
    }

    (int Epoch, bool BySigningIn)? IReservedSession.Precursor => _precursor;

    bool IReservedSession.IsOutpaced => _outpaced;

    SessionKey IReservedSession.KeyToBe => Store.GetSessionKey(_made ??= Store.CreateSessionId());

    ValueTask<bool> IReservedSession.StartAsync(SessionFields fields, CancellationToken cancellationToken, int? epoch) => StartAsync(fields, cancellationToken, epoch);

    ValueTask<SessionUpdateStatus> IReservedSession.ChangeAsync(
        SessionFields? set, IReadOnlyList<string> remove, SessionFieldCondition? condition, CancellationToken cancellationToken, int? epoch) =>
        ChangeAsync(set, remove, condition, nameof(set), cancellationToken, reserved: true, epoch);

    /// <summary>What a sign-in takes over from the anonymous session that it ends, if the application wants that: as much as fits beside the sign-in's own fields, or nothing.</summary>
    private SessionFields WithKept(SessionRecord? old, SessionFields fields)
    {
        if (Settings.KeptAtSignIn is not { } prefix || old is not { State: SessionState.Anonymous })
        {
            return fields;
        }

        var kept = old.Fields.Merge(null, old.Fields.Select(static field => field.Key).Where(name => !name.StartsWith(prefix, StringComparison.Ordinal)));
        var all = kept.Merge(fields);
        if (all.SizeInBytes <= Settings.MaxRecordBytes)
        {
            return all;
        }

        // Whoever filled the anonymous session must not be able to keep anybody from signing in.
        SessionLog.NotKept(Settings.Telemetry.Log, old.Key);
        return fields;
    }
}
