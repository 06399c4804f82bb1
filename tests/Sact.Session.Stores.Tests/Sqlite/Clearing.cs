namespace Sact.Session.Stores.Tests.Sqlite;

public sealed class Clearing
{
    /// <summary>
    /// A trigger signs the newcomer in when the first batch has removed the last row, so that no id is left to count on from.
    /// </summary>
    [Fact]
    [Trait("abuse", "K18")]
    public async Task SparesWhoSignsInBetweenTwoBatches()
    {
        using var file = new SqliteFile();
        var store = file.Open();
        var newcomer = await SqliteFile.SignInAsync(store, "newcomer");
        file.Run("CREATE TABLE later AS SELECT * FROM sact_sessions; ALTER TABLE later DROP COLUMN id; DELETE FROM sact_sessions");
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => SqliteFile.SignInAsync(store)));
        file.Run("""
            CREATE TRIGGER sign_in AFTER DELETE ON sact_sessions WHEN NOT EXISTS (SELECT 1 FROM sact_sessions)
            BEGIN
              INSERT INTO sact_sessions
                (session_key, prefix, user_id, state, created_at, last_seen_at, expires_at, version, lineage, record) SELECT * FROM later;
              DELETE FROM later;
            END
            """);

        Assert.Equal(1000, await store.ClearAsync());

        Assert.NotNull(await store.GetAsync(newcomer.Key));
        Assert.Equal(1, await store.CountActiveSessionsAsync());
    }
}
