using static Sact.Session.StoreContract.CaseRun;

namespace Sact.Session.StoreContract;

/// <summary>One run of random commands: draws a command, gives it to the store and to the model, and compares.</summary>
internal sealed class ModelRun
{
    private const int KeysPerUser = 6;
    private const int Remembered = 10;

    private readonly CaseRun _run;
    private readonly SeededNumbers _numbers;
    private readonly ModelStore _model = new();
    private readonly ModelChanges _changes;
    private readonly string?[] _users;
    private readonly List<(SessionKey Key, string? User, string Shown)> _keys = [];

    // Records as the store gave them, the latest of each of the last rotors: callers hold old ones too.
    private readonly Dictionary<SessionKey, List<SessionRecord>> _seen = [];
    private readonly Dictionary<SessionKey, SessionRecord> _created = [];
    private readonly Queue<string> _last = new();

    public ModelRun(CaseRun run, SeededNumbers numbers)
    {
        _run = run;
        _numbers = numbers;
        _changes = new ModelChanges(numbers);
        _model.SetClock(run.Now);
        _users = [run.Alice, run.Bob, "carol {'\"*}", null];
        for (int user = 0; user < _users.Length; user++)
        {
            // Keys come from the seed, not from the store, because ties go by the key. The tag is the user's, as the store makes it.
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
            < 86 => SweepAsync(),
            < 97 => AdvanceAsync(place.Key, place.Shown),
            _ => SetBackAsync(),
        });

        // A change may have brought limits that were over long ago.
        _model.SetClock(_run.Now);
        if (compareAll)
        {
            await CompareAllAsync();
        }
    }

    private IGenericStore Store => _run.Handle(_numbers.Below(2));

    private void Tell(string command)
    {
        _last.Enqueue(command);
        if (_last.Count > Remembered)
        {
            _last.Dequeue();
        }
    }

    private void Compare(SessionRecord? found, ModelSession? expected, string what)
    {
        Require(found is null == expected is null, expected is null ? $"{what} is there, and must not be." : $"{what} is missing.");
        if (found is not null)
        {
            string? difference = expected!.DifferenceFrom(found);
            Require(difference is null, $"{what} has another {difference} than it must have.");
            Remember(found);
        }
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

    /// <summary>A record for a key as some caller may hold it: usually the latest, now and then an old one or a stranger's.</summary>
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
        bool retry = _numbers.Percent(20) && _created.TryGetValue(key, out var before) && before.IsLive(_run.Now);
        var record = retry ? _created[key] : NewRecord(key, user);
        var cap = _numbers.Percent(50) ? new SessionCap(1 + _numbers.Below(3), (SessionCapPolicy)_numbers.Below(3)) : null;
        Tell($"{(retry ? "retry" : "create")} {shown} {record.State}{(cap is null ? "" : $" under {cap.Max} {cap.Policy}")}");
        var creation = await Store.CreateAsync(record, cap, _run.Token);
        var (status, ended) = _model.Create(record, cap);
        Require(creation.Status == status, $"CreateAsync answered {creation.Status} in place of {status}.");
        Require(creation.Ended.ToHashSet().SetEquals(ended) && creation.Ended.Count == ended.Count, $"The cap ended {creation.Ended.Count} sessions, or others than the {ended.Count} it must.");
        if (status == SessionCreationStatus.Created)
        {
            _created[key] = record;
            Remember(record);
        }
    }

    private async Task UpdateAsync(SessionKey key, string shown)
    {
        var session = Held(key, _keys.First(place => place.Key == key).User);
        var change = _changes.Draw(_model.Live(key), session, _run.Now);
        Tell($"update {shown}: {ModelChanges.Show(change)}");
        var update = await Store.UpdateAsync(session, change, _run.Token);
        var status = _model.Update(session, change);
        Require(update.Status == status, $"UpdateAsync answered {update.Status} in place of {status}.");
        if (update.Record is { } record)
        {
            Compare(record, _model.Stored(key), "The record in the answer to a change");
        }
    }

    private async Task DeleteAsync(SessionKey key, string shown)
    {
        Tell($"delete {shown}");
        var session = Held(key, _keys.First(place => place.Key == key).User);
        bool ended = await Store.DeleteAsync(session, _run.Token);
        Require(ended == _model.Delete(session), $"DeleteAsync answered {ended}, which is wrong.");
    }

    private async Task GetAsync(SessionKey key, string shown)
    {
        Tell($"get {shown}");
        Compare(await Store.GetAsync(key, _run.Token), _model.Live(key), $"The session {shown}");
    }

    private async Task ListAsync(string user)
    {
        Tell($"list {Shown(user)}");
        await CompareListAsync(user);
    }

    private async Task CompareListAsync(string user)
    {
        var list = await _run.ListAsync(user, Store);
        var expected = _model.LiveOf(user);
        Require(list.Count == expected.Count, $"The list of {Shown(user)} shows {list.Count} sessions in place of {expected.Count}.");
        foreach (var session in list)
        {
            Compare(session, _model.Live(session.Key), $"A session in the list of {Shown(user)}");
        }
    }

    private async Task DeleteActiveAsync(string user)
    {
        var except = _numbers.Percent(50) ? _numbers.Of(_keys) : default;
        Tell($"end all of {Shown(user)}{(except.Key.IsDefault ? "" : $" but {except.Shown}")}");
        long ended = await Store.DeleteActiveSessionsAsync(user, except.Key.IsDefault ? null : except.Key, _run.Token);
        long expected = _model.DeleteWhere(session => session.User == user && session.Key != except.Key);
        Require(ended == expected, $"DeleteActiveSessionsAsync answered {ended} in place of {expected}.");
    }

    private async Task ClearAsync()
    {
        Tell("end all");
        long ended = await Store.ClearAsync(_run.Token);
        long expected = _model.DeleteWhere(_ => true);
        Require(ended == expected, $"ClearAsync answered {ended} in place of {expected}.");
    }

    private Task CountAsync()
    {
        Tell("count");
        return _run.CountedAsync(_model.CountLive(), "The count is wrong.");
    }

    private async Task SweepAsync()
    {
        int batch = 1 + _numbers.Below(20);
        Tell($"sweep {batch}");
        if (_run.Store is IExpiredSessionStore sweeper)
        {
            Require(await sweeper.DeleteExpiredAsync(batch, _run.Token) <= batch, "A sweep destroyed more than its batch.");
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
        Tell($"advance by {by} (perhaps to the deadline of {shown})");
        _run.Clock.Advance(by);
        _model.SetClock(_run.Now);
        return Task.CompletedTask;
    }

    private Task SetBackAsync()
    {
        var to = _run.Now - _numbers.UpTo(TimeSpan.FromMinutes(15));
        to = to < _model.Floor ? _model.Floor : to;
        Tell($"set the clock by {to - _run.Now}");
        _run.Clock.Jump(to - _run.Now);
        _model.SetClock(_run.Now);
        return Task.CompletedTask;
    }

    private async Task CompareAllAsync()
    {
        foreach (var (key, _, shown) in _keys)
        {
            Compare(await Store.GetAsync(key, _run.Token), _model.Live(key), $"The session {shown}");
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

    private string Shown(string user) => "ABC"[Array.IndexOf(_users, user)].ToString();
}
