using System.Diagnostics;
using System.Text;
using Microsoft.Data.Sqlite;

namespace Sact.Session.Stores.Tests.Sqlite;

/// <summary>A disk that is really full, or a file that really may not grow: SQLite meets it in the middle of a write.</summary>
public sealed class FullDisk
{
    [Fact]
    [Trait("abuse", "F7")]
    public async Task IsReadAndNotWrittenAndRecovers()
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess,
            "Only root on Linux may mount a small disk; a file that may not grow is tested by every user.");
        string folder = Directory.CreateTempSubdirectory("sact-full-").FullName;
        bool mounted = await RunAsync("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder) == 0;
        try
        {
            if (!mounted)
            {
                throw ServerProcess.Missing("This root may not mount a disk.");
            }

            string ballast = Path.Combine(folder, "ballast");
            await File.WriteAllBytesAsync(ballast, new byte[400_000]);
            string connectionString = $"Data Source={Path.Combine(folder, "app.db")}";
            using (var store = new SqliteStore(new SqliteStoreOptions { ConnectionString = connectionString }))
            {
                var fault = await HoldsAsync(store, () =>
                {
                    File.Delete(ballast);
                    return Task.CompletedTask;
                });
                Assert.Contains("the disk is full", fault.Message, StringComparison.Ordinal);
            }

            IsWhole(connectionString);
        }
        finally
        {
            if (mounted)
            {
                await RunAsync("umount", folder);
            }

            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    [Trait("abuse", "F7")]
    public async Task IsReadAndNotWrittenWhereAFileMayNotGrow()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "A process's files are limited by ulimit and prlimit, which are Linux's.");
        using var file = new SqliteFile();

        // In half kilobytes. Without the trap the kernel would end the process; the runtime's own way of writing code asks for a large file
        // in memory.
        using (var process = new SecondProcess(
            "trap '' XFSZ; export DOTNET_EnableWriteXorExecute=0 DOTNET_EnableDiagnostics=0; ulimit -S -f 600"))
        {
            var store = await process.OpenAsync("sqlite", file.ConnectionString, TimeProvider.System, "full");
            var fault = await HoldsAsync(
                store, async () => Assert.Equal(0, await RunAsync("prlimit", "--pid", $"{process.Id}", "--fsize=unlimited")));
            Assert.Contains("disk", fault.Message, StringComparison.Ordinal);
            await store.CloseAsync();
        }

        IsWhole(file.ConnectionString);
    }

    private static async Task<SessionStoreException> HoldsAsync(GenericStore store, Func<Task> makeRoom)
    {
        var big = SessionFields.Create([new("big", Encoding.UTF8.GetBytes($"\"{new string('x', 8000)}\""))]);
        var signedIn = new List<SessionRecord>();
        SessionStoreException? full = null;
        while (full is null)
        {
            Assert.True(signedIn.Count < 1000, "The disk was never full.");
            var session = SqliteFile.Record(store).With(fields: big);
            try
            {
                Assert.Equal(SessionCreationStatus.Created, (await store.CreateAsync(session)).Status);
                signedIn.Add(session);
            }
            catch (SessionStoreException fault)
            {
                full = fault;
            }
        }

        Assert.NotEmpty(signedIn);
        var refused = SqliteFile.Record(store).With(fields: big);
        await Assert.ThrowsAsync<SessionStoreException>(async () => await store.CreateAsync(refused));
        await AreThereAsync(store, signedIn);

        await makeRoom();

        Assert.Equal(SessionCreationStatus.Created, (await store.CreateAsync(refused)).Status);
        Assert.True(await store.DeleteAsync(signedIn[0]));
        await AreThereAsync(store, [.. signedIn.Skip(1), refused]);
        Assert.Null(await store.GetAsync(signedIn[0].Key));
        return full;
    }

    private static async Task AreThereAsync(GenericStore store, List<SessionRecord> sessions)
    {
        foreach (var session in sessions)
        {
            var there = await store.GetAsync(session.Key);
            Assert.True(there?.Fields.SameAs(session.Fields), "What was acknowledged is not there, or not whole.");
        }
    }

    private static void IsWhole(string connectionString)
    {
        using var connection = new SqliteConnection(connectionString + ";Pooling=False");
        connection.Open();
        Assert.Equal("ok", SqliteFile.Run(connection, "PRAGMA integrity_check"));
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
