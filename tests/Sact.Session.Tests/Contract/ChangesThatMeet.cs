using System.Text;
using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Tests;

/// <summary>Changes of one session that meet in one process: one write is in flight, and the next carries all that wait.</summary>
public sealed class ChangesThatMeet
{
    private readonly PackedStore _store = new(new FakeTimeProvider(new DateTimeOffset(2026, 11, 29, 0, 0, 0, TimeSpan.Zero)));

    [Fact]
    [Trait("abuse", "D7")]
    public async Task AreWrittenTogether()
    {
        var session = await _store.SignInAsync();
        var (first, gate) = await HoldAsync(session);
        var others = Enumerable.Range(0, 32).Select(i => UpdateAsync(session, Set($"f{i}", "1"))).ToArray();

        gate.Open();
        await first;
        var outcomes = await Task.WhenAll(others);

        Assert.All(outcomes, outcome => Assert.Equal(SessionUpdateStatus.Applied, outcome.Status));
        Assert.Equal(33, _store.Stored(session).Fields.Count);

        // The first one, and one for all others. Those hold an old record, but the second write knows what the first one stored.
        Assert.Equal(2, _store.Replaces);
    }

    [Fact]
    [Trait("abuse", "D7")]
    public async Task BuildOnNothingThatAFailedWriteTriedToStore()
    {
        var session = await _store.SignInAsync();
        var gate = new Gate();
        _store.BeforeReplace = async _ =>
        {
            _store.BeforeReplace = null;
            await gate.PassAsync();
            throw new SessionStoreException("The store is down.");
        };
        var first = UpdateAsync(session, Set("first", "1"));
        await gate.Reached;
        var waiting = UpdateAsync(session, Set("waiting", "1"));

        gate.Open();
        await Assert.ThrowsAsync<SessionStoreException>(() => first);

        // The record of the failed write has a version that the store never had. With it the next write would lose a race.
        Assert.Equal(["waiting"], (await waiting).Record!.Fields.Select(static field => field.Key));
        Assert.Equal(2, _store.Replaces);
    }

    [Fact]
    [Trait("abuse", "D8")]
    public async Task AreAppliedOneAfterTheOther()
    {
        var session = await _store.SignInAsync();
        var (first, gate) = await HoldAsync(session);
        var one = UpdateAsync(session, new SessionChange { Set = Fields("turn", "\"one\""), Condition = new("turn", null) });
        var two = UpdateAsync(session, new SessionChange { Set = Fields("turn", "\"two\""), Condition = new("turn", null) });

        gate.Open();
        await first;

        Assert.Equal(SessionUpdateStatus.Applied, (await one).Status);
        var refused = await two;
        Assert.Equal(SessionUpdateStatus.Conflict, refused.Status);
        Assert.True(refused.Record!.Fields.TryGetValue("turn", out var json));
        Assert.Equal("\"one\"", Encoding.UTF8.GetString(json.Span));
    }

    [Fact]
    public async Task OfDifferentSessionsDoNotWaitForEachOther()
    {
        var (slow, quick) = (await _store.SignInAsync(), await _store.SignInAsync());
        var (first, gate) = await HoldAsync(slow);
        _store.BeforeReplace = null;

        var other = await UpdateAsync(quick, Set("a", "1"));

        Assert.Equal(SessionUpdateStatus.Applied, other.Status);
        Assert.False(first.IsCompleted);
        gate.Open();
        await first;
    }

    [Fact]
    [Trait("abuse", "C8")]
    public async Task OfAForgedLineageAreNotWrittenWithThoseOfTheSession()
    {
        var session = await _store.SignInAsync();
        var (first, gate) = await HoldAsync(session);
        var forged = session with { LineageHash = new SecretHash([.. Enumerable.Repeat((byte)7, SecretHash.Size)]) };
        _store.BeforeReplace = null;

        Assert.Equal(SessionUpdateStatus.Gone, (await UpdateAsync(forged, Set("a", "1"))).Status);

        gate.Open();
        await first;
        Assert.False(_store.Stored(session).Fields.Contains("a"));
    }

    [Fact]
    [Trait("abuse", "I1")]
    public async Task AreNotWrittenForACallerThatGaveUpWhileItWaited()
    {
        var session = await _store.SignInAsync();
        var (first, gate) = await HoldAsync(session);
        using var patience = new CancellationTokenSource();
        var impatient = UpdateAsync(session, Set("impatient", "1"), patience.Token);
        var patient = UpdateAsync(session, Set("patient", "1"));

        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        gate.Open();
        await first;

        Assert.Equal(SessionUpdateStatus.Applied, (await patient).Status);
        Assert.False(_store.Stored(session).Fields.Contains("impatient"));
        Assert.True(_store.Stored(session).Fields.Contains("patient"));
    }

    [Fact]
    public async Task AllFailWithTheirJointWriteAndLeaveTheSessionUsable()
    {
        var session = await _store.SignInAsync();
        var (first, gate) = await HoldAsync(session);
        _store.BeforeReplace = static _ => throw new SessionStoreException("The store is down.");
        var others = Enumerable.Range(0, 5).Select(i => UpdateAsync(session, Set($"f{i}", "1"))).ToArray();
        gate.Open();
        await first;

        foreach (var other in others)
        {
            Assert.Equal("The store is down.", (await Assert.ThrowsAsync<SessionStoreException>(() => other)).Message);
        }

        _store.BeforeReplace = null;
        Assert.Equal(SessionUpdateStatus.Applied, (await UpdateAsync(session, Set("after", "1"))).Status);
    }

    /// <summary>The caller that wrote gets what the driver threw. The others get a fault of the store.</summary>
    [Fact]
    public async Task HaveAnUnknownOutcomeWhereTheirJointWriteFailsUnexpectedly()
    {
        var session = await _store.SignInAsync();
        var (first, gate) = await HoldAsync(session);
        var unexpected = new InvalidOperationException("A driver is broken.");
        _store.BeforeReplace = _ => throw unexpected;
        var others = Enumerable.Range(0, 3).Select(i => UpdateAsync(session, Set($"f{i}", "1"))).ToArray();
        gate.Open();
        await first;

        var faults = new List<Exception>();
        foreach (var other in others)
        {
            faults.Add(await Assert.ThrowsAnyAsync<Exception>(() => other));
        }

        Assert.Same(unexpected, Assert.Single(faults, fault => fault is InvalidOperationException));
        Assert.All(faults.OfType<SessionStoreException>(), fault =>
        {
            Assert.Same(unexpected, fault.InnerException);
            Assert.True(fault.OutcomeUnknown);
            Assert.Contains("part of a joint write that failed", fault.Message, StringComparison.Ordinal);
        });
        Assert.Equal(2, faults.OfType<SessionStoreException>().Count());
    }

    [Fact]
    [Trait("abuse", "K7")]
    public async Task AreWrittenByTheNextCallerWhereTheFirstGivesUp()
    {
        var session = await _store.SignInAsync();
        var (first, gate) = await HoldAsync(session);
        using var patience = new CancellationTokenSource();
        var second = new Gate();
        _store.BeforeReplace = async token =>
        {
            await second.PassAsync();
            token.ThrowIfCancellationRequested();
        };
        var writer = UpdateAsync(session, Set("a", "1"), patience.Token);
        var joined = Enumerable.Range(0, 3).Select(i => UpdateAsync(session, Set($"b{i}", "1"))).ToArray();
        gate.Open();
        await first;
        await second.Reached;

        await patience.CancelAsync();
        second.Open();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writer);
        Assert.All(await Task.WhenAll(joined), outcome => Assert.Equal(SessionUpdateStatus.Applied, outcome.Status));
        Assert.False(_store.Stored(session).Fields.Contains("a"));
        Assert.Equal(SessionUpdateStatus.Applied, (await UpdateAsync(session, Set("after", "1"))).Status);
    }

    [Fact]
    public async Task ThatAreRefusedShowTheRecordThatIsStored()
    {
        var session = await _store.SignInAsync();
        var (first, gate) = await HoldAsync(session);
        var one = UpdateAsync(session, new SessionChange { Set = Fields("turn", "1"), Condition = new("turn", null) });
        var refused = UpdateAsync(session, new SessionChange { Set = Fields("turn", "2"), Condition = new("turn", null) });
        var three = UpdateAsync(session, Set("later", "3"));

        gate.Open();
        await Task.WhenAll(first, one, three);

        var outcome = await refused;
        Assert.Equal(SessionUpdateStatus.Conflict, outcome.Status);
        Assert.Equal(_store.Stored(session).Version, outcome.Record!.Version);
        Assert.True(outcome.Record.Fields.Contains("later"));
    }

    /// <summary>Many writers at random, some of which give up. Nothing that was acknowledged is lost, and nobody waits for ever.</summary>
    [Fact]
    [Trait("abuse", "D7")]
    public async Task LoseNothingUnderManyWriters()
    {
        for (int round = 0; round < 50; round++)
        {
            var session = await _store.SignInAsync();
            _store.BeforeReplace = static async _ => await Task.Yield();
            var writers = Enumerable.Range(0, 16).Select(i => Task.Run(async () =>
            {
                var record = session;
                var written = new List<string>();
                for (int n = 0; n < 10; n++)
                {
                    using var patience = new CancellationTokenSource(i % 4 == 0 ? TimeSpan.Zero : Timeout.InfiniteTimeSpan);
                    try
                    {
                        record = (await UpdateAsync(record, Set($"f{i}-{n}", "1"), i % 4 == 0 ? patience.Token : default)).Record!;
                        written.Add($"f{i}-{n}");
                    }
                    catch (OperationCanceledException)
                    {
                    }
                    catch (SessionStoreException exception) when (exception.OutcomeUnknown)
                    {
                    }
                }

                return written;
            })).ToArray();

            var acknowledged = (await Task.WhenAll(writers)).SelectMany(written => written);

            var fields = _store.Stored(session).Fields;
            Assert.All(acknowledged, name => Assert.True(fields.Contains(name)));
        }
    }

    private static SessionChange Set(string name, string value) => new() { Set = Fields(name, value) };

    private static SessionFields Fields(string name, string json) =>
        SessionFields.Create([KeyValuePair.Create(name, (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(json))]);

    private Task<SessionUpdate> UpdateAsync(SessionRecord session, SessionChange change, CancellationToken cancellationToken = default) =>
        _store.UpdateAsync(session, change, cancellationToken).AsTask();

    /// <summary>Begins a write of the session, and holds it at a gate.</summary>
    private async Task<(Task First, Gate Gate)> HoldAsync(SessionRecord session)
    {
        var gate = new Gate();
        bool held = false;
        _store.BeforeReplace = async _ =>
        {
            if (!held)
            {
                held = true;
                await gate.PassAsync();
            }
        };
        var first = UpdateAsync(session, Set("first", "1"));
        await gate.Reached;
        return (first, gate);
    }
}
