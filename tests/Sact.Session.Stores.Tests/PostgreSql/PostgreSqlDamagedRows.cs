using static Sact.Session.Stores.Tests.PostgreSqlStores;

namespace Sact.Session.Stores.Tests;

/// <summary>Rows that no version of the store wrote, and rows that an older state of the database had.</summary>
public sealed class PostgreSqlDamagedRows(SharedPostgres shared)
{
    [Theory]
    [InlineData("''")]
    [InlineData("'{}'")]
    [InlineData("decode(repeat('00', 500), 'hex')")]
    [InlineData("substr(record, 1, 43)")]
    [InlineData("substr(record, 1, length(record) - 1)")]
    [InlineData("record || '\\x00'")]
    [InlineData("set_byte(record, 0, 0)")]
    [InlineData("set_byte(record, 0, 9)")]
    [InlineData("set_byte(record, 9, get_byte(record, 9) # 1)")]
    [InlineData("set_byte(record, 60, get_byte(record, 60) # 128)")]
    [InlineData("set_byte(record, length(record) - 1, get_byte(record, length(record) - 1) # 1)")]
    [Trait("abuse", "H2")]
    public Task AreAbsentAndNobodyElseNotices(string garbage) => AreAbsentAsync(garbage);

    /// <summary>The record of another user, under a key that another cookie opens.</summary>
    [Fact]
    [Trait("abuse", "H8")]
    public Task OfAnotherKeyAreAbsentAndNobodyElseNotices() =>
        AreAbsentAsync("(SELECT record FROM {table} WHERE user_id = 'mallory')");

    [Theory]
    [InlineData("key_part = 'not a key'", false)]
    [InlineData("user_id = NULL", false)]
    [InlineData("user_id = 'bob'", false)]
    [InlineData("prefix = 'other'", false)]
    [InlineData("expires_at = 0", true)]
    [Trait("abuse", "H2")]
    public async Task WithDamagedColumnsHurtNobodyElse(string damage, bool isListed)
    {
        var server = await shared.GetAsync();
        string table = NewTable();
        await using var store = Open(server.ConnectionString, options => options.Table = table);
        var victim = NewSession(store);
        var other = NewSession(store);
        await store.CreateAsync(victim);
        await store.CreateAsync(other);
        await server.RunAsync($"UPDATE {table} SET {damage} WHERE key_part = '{victim.Key.KeyPart}'");

        // A session that a read accepts is in the list of devices, whatever its column of the deadline says.
        Assert.Equal(
            (isListed ? [victim.Key, other.Key] : new[] { other.Key }).ToHashSet(),
            (await ListAsync(store)).Select(session => session.Key).ToHashSet());
        Assert.Empty(await ListAsync(store, "bob"));
        Assert.Equal(SessionUpdateStatus.Applied, (await store.UpdateAsync(other, Set("a", "1"))).Status);
        Assert.Equal(1, await store.DeleteActiveSessionsAsync("alice"));
        Assert.Null(await store.GetAsync(other.Key));
        Assert.Equal(isListed, (await store.FindAsync(victim.Key)).Ended is not null);
    }

    /// <summary>
    /// A backup has an older version of the record. The next change is applied to what is there, and nothing of it is lost.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("abuse", "H2")]
    public async Task OfARestoredBackupTakeTheNextChange(bool callerHoldsTheNewer)
    {
        var server = await shared.GetAsync();
        string table = NewTable();
        using var log = new Events();
        await using var store = Open(server.ConnectionString, options => (options.Table, options.LoggerFactory) = (table, log));
        var session = NewSession(store);
        await store.CreateAsync(session);
        var before = (await store.UpdateAsync(session, Set("a", "1"))).Record!;
        await server.RunAsync($"CREATE TABLE {table}_backup AS SELECT * FROM {table}");
        var after = (await store.UpdateAsync(before, Set("b", "2"))).Record!;
        await server.RunAsync($"DELETE FROM {table}; INSERT INTO {table} SELECT * FROM {table}_backup");

        var update = await store.UpdateAsync(callerHoldsTheNewer ? after : before, Set("c", "3"));

        Assert.Equal(SessionUpdateStatus.Applied, update.Status);
        Assert.Equal(["a", "c"], update.Record!.Fields.Select(field => field.Key));
        var stored = (await store.GetAsync(before.Key))!;
        Assert.Equal(["a", "c"], stored.Fields.Select(field => field.Key));
        Assert.True(stored.Version > before.Version);
        Assert.Empty(log.Seen);
        Assert.True(await store.DeleteAsync(after));
    }

    /// <summary>A cleanup, a count and a cap look at the columns, so each change moves them with the record.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AreNotMadeByChangesWhichMoveTheColumnsToo(bool afterALostRace)
    {
        var server = await shared.GetAsync();
        await using var store = Open(server.ConnectionString);
        var pending = NewSession(store) with { State = SessionState.Pending };
        await store.CreateAsync(pending);
        await IsInTheColumnsAsync(pending);
        if (afterALostRace)
        {
            await store.UpdateAsync(pending, Set("a", "1"));
        }

        var limit = TimeSpan.FromMinutes(3);
        var update = await store.UpdateAsync(pending, new SessionChange
        {
            Touch = new SessionTouch(pending.CreatedAt.AddMinutes(1)),
            Renewal = SessionRenewal.Replace(new SecretHash(Guid.NewGuid().ToByteArray()), pending.CreatedAt, pending),
            Raise = new SessionRaise(1, pending.CreatedAt, signsIn: true, new SessionLifetimes(limit, limit, limit)),
        });

        await IsInTheColumnsAsync(update.Record!);

        // An expired record gives way to another one, of which every column is new.
        await server.RunAsync($"UPDATE sact_sessions SET expires_at = 0 WHERE prefix = '{store.Prefix}'");
        var next = NewSession(store, user: null) with { Key = pending.Key, CreatedAt = pending.CreatedAt.AddSeconds(1) };
        Assert.Equal(SessionCreationStatus.Created, (await store.CreateAsync(next)).Status);
        await IsInTheColumnsAsync(next);

        async Task IsInTheColumnsAsync(SessionRecord record)
        {
            string found = (string)(await server.ScalarAsync(
                """
                SELECT concat_ws('|', coalesce(user_id, '-'), state, created_at, last_seen_at, expires_at, version,
                  upper(encode(lineage_hash, 'hex')), upper(encode(record, 'hex')))
                FROM sact_sessions WHERE prefix = @prefix AND key_part = @key
                """,
                ("prefix", record.Key.Prefix),
                ("key", record.Key.KeyPart)))!;
            Assert.Equal(
                string.Join(
                    '|',
                    record.UserId ?? "-",
                    (int)record.State,
                    record.CreatedAt.ToUnixTimeMilliseconds(),
                    record.LastSeenAt.ToUnixTimeMilliseconds(),
                    record.ExpiresAt.ToUnixTimeMilliseconds(),
                    record.Version,
                    Convert.ToHexString(record.LineageHash.ToArray()),
                    Convert.ToHexString(record.Pack())),
                found);
        }
    }

    private async Task AreAbsentAsync(string garbage)
    {
        var server = await shared.GetAsync();
        string table = NewTable();
        var log = new CapturedLog();
        await using var store = Open(server.ConnectionString, options => (options.Table, options.LoggerFactory) = (table, log));
        var victim = NewSession(store);
        var other = NewSession(store);
        await store.CreateAsync(NewSession(store, "mallory"));
        await store.CreateAsync(victim);
        await store.CreateAsync(other);
        garbage = garbage.Replace("{table}", table, StringComparison.Ordinal);
        await server.RunAsync($"UPDATE {table} SET record = {garbage} WHERE key_part = '{victim.Key.KeyPart}'");
        string stored = $"SELECT encode(record, 'hex') FROM {table} WHERE key_part = '{victim.Key.KeyPart}'";
        object? planted = await server.ScalarAsync(stored);

        Assert.Null(await store.GetAsync(victim.Key));
        var entry = Assert.Single(log.Entries);
        Assert.Equal(25, entry.Id);
        Assert.Contains(victim.Key.ToString(), entry.Text, StringComparison.Ordinal);
        Assert.Equal(SessionUpdateStatus.Gone, (await store.UpdateAsync(victim, Set("a", "1"))).Status);
        Assert.Equal(SessionUpdateStatus.Gone, (await store.UpdateAsync(victim, new SessionChange())).Status);
        Assert.Equal(SessionUpdateStatus.Applied, (await store.UpdateAsync(other, Set("a", "1"))).Status);
        Assert.Equal([other.Key], (await ListAsync(store)).Select(session => session.Key));
        Assert.Equal(SessionCreationStatus.Exists, (await store.CreateAsync(victim)).Status);

        // It takes no place under a cap, and no cap ends it.
        Assert.Empty((await store.CreateAsync(NewSession(store), new SessionCap(2))).Ended);
        Assert.Equal(2, (await ListAsync(store)).Count);

        // It is as it was planted, until somebody ends it. Then a marker has its place.
        Assert.Equal(planted, await server.ScalarAsync(stored));
        Assert.False(await store.DeleteAsync(victim));
        Assert.Equal(SessionEndReason.SignedOut, (await store.FindAsync(victim.Key)).Ended?.Reason);
    }
}
