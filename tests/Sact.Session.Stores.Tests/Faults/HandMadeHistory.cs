using Sact.Session.Faults;

namespace Sact.Session.Stores.Tests;

/// <summary>A history by hand: one operation after the other, a second apart, each half a second long unless told otherwise.</summary>
internal sealed class HandMadeHistory
{
    private const long Second = 1_000_000;

    private readonly History _history = new();
    private readonly Dictionary<string, Operation> _signIns = [];
    private long _now;

    public History History => _history;

    public Operation SignIn(string user, string key, Func<Operation, Operation>? change = null)
    {
        var signIn = Add(Verb.SignIn, user, null, operation => (change ?? (same => same))(operation with { NewKey = key }));
        _signIns[key] = signIn;
        return signIn;
    }

    /// <summary>An operation that reads its session first and finds it.</summary>
    public Operation Accepted(
        Verb verb, string key, Func<Operation, Operation>? change = null, params (string Field, string Value)[] fields)
    {
        var signIn = _signIns[key];
        var seen = fields.ToDictionary(field => field.Field, field => field.Value);
        seen.TryAdd(SessionFieldNames.Owner, signIn.User);
        seen.TryAdd(SessionFieldNames.SignIn, SessionFieldNames.ValueOf(signIn.Id));
        seen.TryAdd(SessionFieldNames.Counter, "0");
        return Add(
            verb, signIn.User, key, operation => (change ?? (same => same))(operation with { SeenUser = signIn.User, Seen = seen }));
    }

    public Operation Read(string key, params (string Field, string Value)[] fields) => Accepted(Verb.Read, key, null, fields);

    public Operation Absent(string key, Func<Operation, Operation>? change = null) => Add(
        Verb.Read,
        _signIns[key].User,
        key,
        operation => (change ?? (same => same))(operation with { Outcome = Outcome.Absent }));

    /// <summary>A write that reads nothing first.</summary>
    public Operation Write(Verb verb, string key, Func<Operation, Operation>? change = null) =>
        Add(verb, _signIns[key].User, key, change);

    public Operation Update(string key, string value, Outcome outcome = Outcome.Done) =>
        Write(Verb.Update, key, operation => operation with { Field = "f", Value = value, Outcome = outcome });

    public void List(string key, params string[] keys) => Accepted(
        Verb.List,
        key,
        list => list with { Seen = null, Listed = [.. keys.Select(one => new ListedDevice(one, list.User, list.User))] });

    /// <summary>A fault of one second.</summary>
    public InjectedFault Fault(Func<InjectedFault, InjectedFault>? change = null)
    {
        _now += Second;
        var fault = new InjectedFault { Kind = "test", From = _now, Until = _now + Second };
        fault = (change ?? (same => same))(fault);
        _history.Faults.Add(fault);
        _now = fault.Until;
        return fault;
    }

    public void Wait(double seconds) => _now += (long)(seconds * Second);

    public CheckResult Check() => new HistoryChecker(_history).Check();

    /// <summary>What the checker finds must be of this rule, once or more.</summary>
    public void Breaks(string rule)
    {
        var violations = Check().Violations;
        Assert.NotEmpty(violations);
        Assert.All(violations, violation => Assert.Equal(rule, violation.Rule));
    }

    public CheckResult Holds()
    {
        var result = Check();
        Assert.Empty(result.Violations);
        return result;
    }

    private Operation Add(Verb verb, string user, string? key, Func<Operation, Operation>? change)
    {
        _now += Second;
        var operation = new Operation
        {
            Id = _history.Operations.Count + 1,
            Verb = verb,
            User = user,
            Key = key,
            From = _now,
            Until = _now + (Second / 2),
            Outcome = Outcome.Done,
        };
        operation = (change ?? (same => same))(operation);
        _history.Operations.Add(operation);
        return operation;
    }
}
