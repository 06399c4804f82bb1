using Sact.Session.Stores.Tests.Sqlite;

namespace Sact.Session.Stores.Tests;

public sealed class KilledProcess(SharedPostgres postgres)
{
    [Fact]
    [Trait("abuse", "F10")]
    [Trait("abuse", "D12")]
    public async Task EveryAcknowledgedSignInAndSignOutIsStillThereInSqlite()
    {
        using var file = new SqliteFile();
        await EveryoneIsStillThereAsync("sqlite", file.ConnectionString, "churn", () =>
        {
            Assert.Equal("ok", file.Run("PRAGMA integrity_check"));
            return file.Open(options => options.Prefix = "churn");
        });
    }

    [Fact]
    [Trait("abuse", "F10")]
    [Trait("abuse", "D12")]
    public async Task EveryAcknowledgedSignInAndSignOutIsStillThereInPostgreSql()
    {
        string prefix = PostgreSqlStores.NewPrefix();
        string connectionString = (await postgres.GetAsync()).ConnectionString;
        await using var store = PostgreSqlStores.Open(connectionString, options => options.Prefix = prefix);
        await EveryoneIsStillThereAsync("postgresql", connectionString, prefix, () => store);
    }

    private static async Task EveryoneIsStillThereAsync(string kind, string connectionString, string prefix, Func<GenericStore> open)
    {
        var signedIn = new HashSet<string>();
        var leaving = new HashSet<string>();
        var signedOut = new HashSet<string>();
        for (int round = 0; round < 6; round++)
        {
            // Each time at another point, in the middle of eight writers' work.
            using var process = SecondProcess.Start("churn", kind, connectionString, prefix);
            int lines = 0;
            while (await process.StandardOutput.ReadLineAsync() is { } line)
            {
                if (line.Split(' ') is [var what, var key, "."])
                {
                    (what switch { "in" => signedIn, "leaving" => leaving, _ => signedOut }).Add(key);
                }

                if (++lines == 40 + (37 * round))
                {
                    process.Kill();
                }
            }

            await process.WaitForExitAsync();
        }

        var store = open();
        var alive = new HashSet<string>();
        foreach (string key in signedIn)
        {
            if (await store.GetAsync(SessionKey.Parse(key)) is not null)
            {
                alive.Add(key);
            }
        }

        var listed = new HashSet<string>();
        for (int worker = 0; worker < 8; worker++)
        {
            await foreach (var session in store.GetActiveSessionsAsync($"user-{worker}"))
            {
                listed.Add(session.Key.ToString());
            }
        }

        Assert.True(signedOut.Count > 20, $"Only {signedOut.Count} sign-outs: too few to prove anything.");
        Assert.Empty(signedIn.Except(leaving).Except(alive));
        Assert.Empty(signedOut.Intersect(alive));
        Assert.Empty(alive.Except(listed));
    }
}
