using static Sact.Session.StoreContract.CaseRun;

namespace Sact.Session.StoreContract;

/// <summary>One run of random commands. It draws a command, runs it against the store and the model, and compares the answers.</summary>
internal sealed class ModelRun
{
    private const int KeysPerUser = 6;
    private const int Remembered = 10;

    private readonly CaseRun _run;
    private readonly SeededNumbers _numbers;
    private readonly ModelStore _model;
    private readonly ModelChanges _changes;
    private readonly string?[] _users;
    private readonly List<(SessionKey Key, string? User, string Shown)> _keys = [];

    // Records that the store returned, the latest one for each of the last rotors: callers hold old records too.
    private readonly Dictionary<SessionKey, List<SessionRecord>> _seen = [];
    private readonly Dictionary<SessionKey, SessionRecord> _newest = [];
    private readonly Dictionary<SessionKey, SessionRecord> _created = [];
    private readonly Queue<string> _last = new();

    public ModelRun(CaseRun run, SeededNumbers numbers)
    {
        _run = run;
        _numbers = numbers;
        _changes = new ModelChanges(numbers);
        _model = new ModelStore(
            leavesMarkers: run.Store is IEndedSessionStore, clearMayLeaveMarkers: run.Subject.ClearLeavesMarkers);
        _model.SetClock(run.Now);
        _users = [run.Alice, run.Bob, "carol {'\"*}", null];
        for (int user = 0; user < _users.Length; user++)
        {
            // Keys come from the seed, because the key decides between equal sessions. The tag is the one that the store gives the user.
            string tag = run.Store.CreateSessionId(_users[user])[..3];
            for (int i = 0; i < KeysPerUser; i++)
            {
                var key = SessionKey.Parse($"{run.Prefix}:{tag}{Convert.ToHexString(numbers.Hash().ToArray())[..21]}");
                _keys.Add((key, _users[user], $"{"ABC-"[user]}{i}"));
            }
        }
    }

    public IEnumerable<string> Last => _last;

    public async Task StepAsync(bool compareAll)
    {
        var place = _numbers.Of(_keys);
        await (_numbers.Below(100) switch
        {
            < 30 => CreateAsync(place.Key, place.User, place.Shown),
            < 64 => UpdateAsync(place.Key, place.Shown),
            < 68 => DeleteAsync(place.Key, place.Shown),
            < 74 => GetAsync(place.Key, place.Shown),
            < 79 => ListAsync(_users[_numbers.Below(3)]!),
            < 81 => DeleteActiveAsync(_users[_numbers.Below(3)]!),
            < 82 => _numbers.Percent(40) ? ClearAsync() : CountAsync(),
            < 84 => CountAsync(),
            < 86 => CleanUpAsync(),
            < 97 => AdvanceAsync(place.Key, place.Shown),
            _ => SetBackAsync(),
        });

        // A change may have set lifetimes that passed long ago.
        _model.SetClock(_run.Now);
        if (compareAll)
        {
            await CompareAllAsync();
        }
    }

    private IGenericStore Store => _run.Handle(_numbers.Below(2));

    private void Note(string command)
    {
        _last.Enqueue(command);
        if (_last.Count > Remembered)
        {
            _last.Dequeue();
        }
    }

    private void Compare(SessionRecord? found, ModelSession? expected, string what)
    {
        Require(found is null == expected is null, expected is null ? $"{what} is there and must be absent." : $"{what} is missing.");
        if (found is not null)
        {
            string? difference = expected!.DifferenceFrom(found);
            Require(difference is null, $"{what} has a wrong {difference}.");
            CompareVersion(found, what);
            Remember(found);
        }
    }

    /// <summary>The version of a session never falls, and two states of it never have the same one.</summary>
    private void CompareVersion(SessionRecord found, string what)
    {
        if (_newest.TryGetValue(found.Key, out var newest) && newest.IsSameSession(found))
        {
            Require(found.Version >= newest.Version, $"{what} has a smaller version than before.");
            string? difference = found.Version == newest.Version ? RecordComparison.Difference(newest, found) : null;
            Require(difference is null, $"{what} has the same version as before, and another {difference}.");
        }

        _newest[found.Key] = found;
    }

    private void Remember(SessionRecord record)
    {
        var seen = _seen.TryGetValue(record.Key, out var list) ? list : _seen[record.Key] = [];
        if (seen.Count > 0 && seen[^1].CurrentHash == record.CurrentHash && seen[^1].PendingHash == record.PendingHash)
        {
            seen.RemoveAt(seen.Count - 1);
        }

        seen.Add(record);
        if (seen.Count > 4)
        {
            seen.RemoveAt(0);
        }
    }

    /// <summary>A record for a key that some caller may hold: usually the latest, sometimes an old one or one of another lineage.</summary>
    private SessionRecord Held(SessionKey key, string? user)
    {
        if (!_seen.TryGetValue(key, out var seen) || _numbers.Percent(5))
        {
            return NewRecord(key, user);
        }

        return _numbers.Percent(60) ? seen[^1] : _numbers.Of(seen);
    }

    private SessionRecord NewRecord(SessionKey key, string? user)
    {
        var lifetimes = _changes.Lifetimes();
        return new SessionRecord
        {
            Key = key,
            UserId = user,
            State = user is null ? SessionState.Anonymous : _numbers.Percent(25) ? SessionState.Pending : SessionState.SignedIn,
            AssuranceLevel = _numbers.Below(3),
            LineageHash = _numbers.Hash(),
            CurrentHash = _numbers.Hash(),
            Presented = _numbers.Percent(30),
            IsPersistent = _numbers.Percent(30),
            Fields = _changes.Fields() ?? SessionFields.Empty,
            CreatedAt = _run.Now,
            LastSeenAt = _run.Now,
            AuthenticatedAt = user is null ? null : _run.Now,
            Lifetimes = lifetimes,
        };
    }

    private async Task CreateAsync(SessionKey key, string? user, string shown)
    {
        bool retry = _numbers.Percent(20)
            && _created.TryGetValue(key, out var before)
            && before.IsLive(_run.Now)
            && !_model.IsForgotten(before);
        var record = retry ? _created[key] : NewRecord(key, user);
        var cap = _numbers.Percent(50) ? new SessionCap(1 + _numbers.Below(3), (SessionCapPolicy)_numbers.Below(3)) : null;
        Note($"{(retry ? "retry" : "create")} {shown} {record.State}{(cap is null ? "" : $" under {cap.Max} {cap.Policy}")}");
        var creation = await Store.CreateAsync(record, cap, _run.Token);
        var (status, ended) = _model.Create(record, cap);
        Require(creation.Status == status, $"CreateAsync answered {creation.Status} instead of {status}.");
        Require(
            creation.Ended.ToHashSet().SetEquals(ended) && creation.Ended.Count == ended.Count,
            $"The cap ended {creation.Ended.Count} sessions, or other ones than the {ended.Count} that it must end.");
        if (status == SessionCreationStatus.Created)
        {
            _created[key] = record;

            // A store without markers lets a creation be retried after the session's end. It begins with the old version again.
            _newest.Remove(key);
            Remember(record);
        }
    }

    private async Task UpdateAsync(SessionKey key, string shown)
    {
        var session = Held(key, _keys.First(place => place.Key == key).User);
        var change = _changes.Draw(_model.Live(key), session, _run.Now);
        Note($"update {shown}: {ModelChanges.Show(change)}");
        var update = await Store.UpdateAsync(session, change, _run.Token);
        var status = _model.Update(session, change);
        Require(update.Status == status, $"UpdateAsync answered {update.Status} instead of {status}.");
        if (update.Record is { } record)
        {
            Compare(record, _model.Stored(key), "The record in the answer to a change");
        }
    }

    private async Task DeleteAsync(SessionKey key, string shown)
    {
        Note($"delete {shown}");
        var session = Held(key, _keys.First(place => place.Key == key).User);
        bool ended = await Store.DeleteAsync(session, _run.Token);
        Require(ended == _model.Delete(session), $"DeleteAsync answered {ended}, and the model {!ended}.");
    }

    private async Task GetAsync(SessionKey key, string shown)
    {
        Note($"get {shown}");
        Compare(await Store.GetAsync(key, _run.Token), _model.Live(key), $"The session {shown}");
    }

    private async Task ListAsync(string user)
    {
        Note($"list {Shown(user)}");
        await CompareListAsync(user);
    }

    private async Task CompareListAsync(string user)
    {
        var list = await _run.ListAsync(user, Store);
        var expected = _model.LiveOf(user);
        Require(list.Count == expected.Count, $"The list of {Shown(user)} shows {list.Count} sessions instead of {expected.Count}.");
        foreach (var session in list)
        {
            Compare(session, _model.Live(session.Key), $"A session in the list of {Shown(user)}");
        }
    }

    private async Task DeleteActiveAsync(string user)
    {
        var except = _numbers.Percent(50) ? _numbers.Of(_keys) : default;
        Note($"end all of {Shown(user)}{(except.Key.IsDefault ? "" : $" but {except.Shown}")}");
        long ended = await Store.DeleteActiveSessionsAsync(user, except.Key.IsDefault ? null : except.Key, _run.Token);
        long expected = _model.DeleteWhere(
            session => session.User == user && session.Key != except.Key, SessionEndReason.SignedOutElsewhere);
        Require(ended == expected, $"DeleteActiveSessionsAsync answered {ended} instead of {expected}.");
    }

    private async Task ClearAsync()
    {
        Note("end all");
        long ended = await Store.ClearAsync(_run.Token);
        long expected = _model.DeleteWhere(_ => true, reason: null);
        Require(ended == expected, $"ClearAsync answered {ended} instead of {expected}.");
    }

    private Task CountAsync()
    {
        Note("count");
        return _run.CountedAsync(_model.CountLive(), "The count is wrong.");
    }

    private async Task CleanUpAsync()
    {
        int batch = 1 + _numbers.Below(20);
        Note($"clean up {batch}");
        if (_run.Store is IExpiredSessionStore sweeper)
        {
            Require(await sweeper.DeleteExpiredAsync(batch, _run.Token) <= batch, "A cleanup destroyed more than its batch.");
        }
    }

    private Task AdvanceAsync(SessionKey key, string shown)
    {
        var by = _numbers.Below(20) switch
        {
            < 7 => _numbers.UpTo(TimeSpan.FromSeconds(3)),
            < 16 => _numbers.UpTo(TimeSpan.FromMinutes(2)),
            < 17 => _numbers.UpTo(TimeSpan.FromMinutes(40)),
            _ when _model.Live(key) is { } session => session.Deadline - _run.Now + TimeSpan.FromMilliseconds(_numbers.Below(3) - 1),
            _ => TimeSpan.FromMinutes(1),
        };
        by = by < TimeSpan.Zero ? TimeSpan.Zero : by;
        Note($"advance by {by} (perhaps to the deadline of {shown})");
        _run.Clock.Advance(by);
        _model.SetClock(_run.Now);
        return Task.CompletedTask;
    }

    private Task SetBackAsync()
    {
        var to = _run.Now - _numbers.UpTo(TimeSpan.FromMinutes(15));
        to = to < _model.Floor ? _model.Floor : to;
        Note($"set the clock by {to - _run.Now}");
        _run.Clock.Jump(to - _run.Now);
        _model.SetClock(_run.Now);
        return Task.CompletedTask;
    }

    private async Task CompareAllAsync()
    {
        foreach (var (key, _, shown) in _keys)
        {
            Compare(await Store.GetAsync(key, _run.Token), _model.Live(key), $"The session {shown}");
            await CompareMarkerAsync(key, shown);
        }

        foreach (string? user in _users)
        {
            if (user is not null)
            {
                await CompareListAsync(user);
            }
        }

        await _run.CountedAsync(_model.CountLive(), "The count is wrong.");
    }

    private async Task CompareMarkerAsync(SessionKey key, string shown)
    {
        if (_model.Marker(key) is { } expected)
        {
            var found = (await ((IEndedSessionStore)Store).FindAsync(key, _run.Token)).Ended;
            Require(
                found is not null
                && found.LineageHash == expected.Lineage
                && found.Reason == expected.Reason
                && found.EndedAt == DateTimeOffset.FromUnixTimeMilliseconds(expected.EndedAt.ToUnixTimeMilliseconds()),
                $"The marker of {shown} is missing, or differs in lineage, reason or time.");
        }
    }

    private string Shown(string user) => "ABC"[Array.IndexOf(_users, user)].ToString();
}
