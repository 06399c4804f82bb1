namespace Sact.Session;

public partial class Session<TStore>
{
    SessionSettings IReservedSession.Settings => _settings;

    async ValueTask<SessionRecord?> IReservedSession.ReadAsync(bool reload, CancellationToken cancellationToken)
    {
        using var turn = await TurnAsync(cancellationToken).ConfigureAwait(false);
        return await LoadAsync(reload, cancellationToken).ConfigureAwait(false);
    }

    ValueTask IReservedSession.SignInAsync(string userId, SessionFields fields, SessionSignInOptions? options, CancellationToken cancellationToken) =>
        SignInAsync(userId, fields, options is null ? _settings.SignInTerms : Terms(options), cancellationToken);

    ValueTask<bool> IReservedSession.StartAsync(SessionFields fields, CancellationToken cancellationToken) => StartAsync(fields, cancellationToken);

    ValueTask<SessionUpdateStatus> IReservedSession.ChangeAsync(SessionFields? set, IReadOnlyList<string> remove, SessionFieldCondition? condition, CancellationToken cancellationToken) =>
        ChangeAsync(set, remove, condition, nameof(set), cancellationToken, signedInOnly: false);
}
