namespace Sact.Session.Stores.Tests.Sqlite;

/// <summary>Rows that no version of the store wrote, and rows that an older one did.</summary>
public sealed class DamagedRows
{
    [Theory]
    [Trait("abuse", "H2")]
    [InlineData("x''")]
    [InlineData("x'7b22'")]
    [InlineData("'a string'")]
    [InlineData("7")]
    [InlineData("zeroblob(500)")]
    [InlineData("substr(record, 1, 43)")]
    [InlineData("substr(record, 1, length(record) - 1)")]
    [InlineData("record || x'00'")]
    [InlineData("CAST(record || x'' AS TEXT)")]
    [InlineData("x'00' || substr(record, 2)")]
    [InlineData("substr(record, 1, 60) || x'0000' || substr(record, 63)")]
    [InlineData("substr(record, 1, length(record) - 4) || x'00000000'")]
    public Task AreAbsentAndNobodyElseNotices(string garbage) => IsAbsentAsync(garbage);

    /// <summary>The record of another user, under a key that another cookie opens.</summary>
    [Fact]
    [Trait("abuse", "H8")]
    public Task OfAnotherKeyAreAbsentAndNobodyElseNotices() =>
        IsAbsentAsync("(SELECT record FROM sact_sessions WHERE user_id = 'mallory')");

    [Theory]
    [Trait("abuse", "H2")]
    [InlineData("session_key = 'session'")]
    [InlineData("session_key = 'other' || substr(session_key, 8)")]
    [InlineData("session_key = x'00'")]
    [InlineData("user_id = NULL")]
    [InlineData("prefix = 'other'")]
    public async Task WithDamagedColumnsHurtNobodyElse(string damage)
    {
        using var file = new SqliteFile();
        var store = file.Open();
        var victim = await SqliteFile.SignInAsync(store);
        var other = await SqliteFile.SignInAsync(store);
        file.Run($"UPDATE sact_sessions SET {damage} WHERE session_key = '{victim.Key}'");

        Assert.Equal([other.Key], await ListAsync(store));
        var next = SqliteFile.Record(store);
        Assert.Equal(SessionCreationStatus.Created, (await store.CreateAsync(next, new SessionCap(2))).Status);
        Assert.Equal(2, (await ListAsync(store)).Count);
        Assert.Equal(3L, file.Run("SELECT count(*) FROM sact_sessions"));
        await store.DeleteActiveSessionsAsync("alice");
        Assert.Empty(await ListAsync(store));
    }

    /// <summary>
    /// A backup has an older version of the record. The next change is applied to what is there, and nothing of it is lost.
    /// </summary>
    [Theory]
    [Trait("abuse", "H2")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OfARestoredBackupTakeTheNextChange(bool callerHoldsTheNewer)
    {
        using var file = new SqliteFile();
        var store = file.Open();
        var before = (await store.UpdateAsync(await SqliteFile.SignInAsync(store), SqliteFile.Field("a", "1"))).Record!;
        file.Run("CREATE TABLE backup AS SELECT * FROM sact_sessions");
        var after = (await store.UpdateAsync(before, SqliteFile.Field("b", "2"))).Record!;
        file.Run("DELETE FROM sact_sessions; INSERT INTO sact_sessions SELECT * FROM backup");

        var update = await store.UpdateAsync(callerHoldsTheNewer ? after : before, SqliteFile.Field("c", "3"));

        Assert.Equal(SessionUpdateStatus.Applied, update.Status);
        Assert.Equal(["a", "c"], update.Record!.Fields.Select(field => field.Key));
        var stored = (await store.GetAsync(before.Key))!;
        Assert.Equal(["a", "c"], stored.Fields.Select(field => field.Key));
        Assert.True(stored.Version > before.Version);
        Assert.True(await store.DeleteAsync(after));
    }

    /// <summary>A cleanup, a count and a cap look at the columns, so each change moves them with the record.</summary>
    [Fact]
    public async Task AreNotMadeByChangesWhichMoveTheColumnsToo()
    {
        using var file = new SqliteFile();
        var store = file.Open();
        var session = await SqliteFile.SignInAsync(store);
        var touch = new SessionChange { Touch = new SessionTouch(session.LastSeenAt.AddMinutes(7)) };
        session = (await store.UpdateAsync(session, touch)).Record!;

        var pending = SqliteFile.Record(store, "bob") with { State = SessionState.Pending };
        await store.CreateAsync(pending);
        pending = (await store.UpdateAsync(pending, new SessionChange
        {
            Renewal = SessionRenewal.Replace(new SecretHash(Guid.NewGuid().ToByteArray()), pending.CreatedAt, pending),
            Raise = new SessionRaise(1, pending.CreatedAt, signsIn: true, new SessionLifetimes(
                TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1))),
        })).Record!;

        foreach (var record in new[] { session, pending })
        {
            Assert.Equal(
                string.Join('|', record.UserId, (int)record.State, record.CreatedAt.ToUnixTimeMilliseconds(),
                    record.LastSeenAt.ToUnixTimeMilliseconds(), record.ExpiresAt.ToUnixTimeMilliseconds(), record.Version,
                    Convert.ToHexString(record.LineageHash.ToArray()), Convert.ToHexString(record.Pack())),
                file.Run(
                    "SELECT user_id || '|' || state || '|' || created_at || '|' || last_seen_at || '|' || expires_at || '|' || version "
                    + $"|| '|' || hex(lineage) || '|' || hex(record) FROM sact_sessions WHERE session_key = '{record.Key}'"));
        }
    }

    private static async Task IsAbsentAsync(string garbage)
    {
        using var file = new SqliteFile();
        using var log = new Events();
        var store = file.Open(options => options.LoggerFactory = log);
        await SqliteFile.SignInAsync(store, "mallory");
        var victim = await SqliteFile.SignInAsync(store);
        var other = await SqliteFile.SignInAsync(store);
        file.Run($"UPDATE sact_sessions SET record = {garbage} WHERE session_key = '{victim.Key}'");
        object? planted = file.Run($"SELECT quote(record) FROM sact_sessions WHERE session_key = '{victim.Key}'");

        Assert.Null(await store.GetAsync(victim.Key));
        Assert.Equal(25, Assert.Single(log.Seen));
        Assert.Equal(SessionUpdateStatus.Gone, (await store.UpdateAsync(victim, SqliteFile.Field("a", "1"))).Status);
        Assert.Equal(SessionUpdateStatus.Gone, (await store.UpdateAsync(victim, new SessionChange())).Status);
        Assert.Equal(SessionUpdateStatus.Applied, (await store.UpdateAsync(other, SqliteFile.Field("a", "1"))).Status);
        Assert.Equal([other.Key], await ListAsync(store));
        Assert.Equal(SessionCreationStatus.Exists, (await store.CreateAsync(victim)).Status);
        Assert.Equal(SessionCreationStatus.Created, (await store.CreateAsync(SqliteFile.Record(store), new SessionCap(2))).Status);
        Assert.Equal(2, (await ListAsync(store)).Count);

        // It is as it was planted, until somebody ends it. Then a marker has its place.
        Assert.Equal(planted, file.Run($"SELECT quote(record) FROM sact_sessions WHERE session_key = '{victim.Key}'"));
        Assert.False(await store.DeleteAsync(victim));
        Assert.Equal(SessionEndReason.SignedOut, (await store.FindAsync(victim.Key)).Ended?.Reason);
    }

    private static async Task<List<SessionKey>> ListAsync(SqliteStore store)
    {
        var listed = new List<SessionKey>();
        await foreach (var session in store.GetActiveSessionsAsync("alice"))
        {
            listed.Add(session.Key);
        }

        return listed;
    }
}
