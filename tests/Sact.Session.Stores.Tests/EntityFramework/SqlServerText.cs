using System.Data;
using System.Data.Common;
using System.Reflection;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Sact.Session.SecondProcess;
using static Sact.Session.Stores.Tests.PostgreSqlStores;

namespace Sact.Session.Stores.Tests.EntityFramework;

/// <summary>
/// What the store would send to SQL Server, of which there is none here. The approved files were reviewed by hand against the
/// documentation of SQL Server; a change of them needs a new review.
/// </summary>
public sealed class EntityFrameworkSqlServerText
{
    private readonly Recording _recording = new();

    [Fact]
    public void OfTheTablesIsApproved()
    {
        using var services = Services();
        using var scope = services.CreateScope();

        Approve("SqlServerTables.sql", scope.ServiceProvider.GetRequiredService<ShopContext>().Database.GenerateCreateScript());
    }

    [Fact]
    public async Task OfEveryStatementIsApproved()
    {
        byte[] checkedRow = [];
        _recording.Written = command =>
        {
            checkedRow = command.Parameters.OfType<DbParameter>().Select(parameter => parameter.Value).OfType<byte[]>()
                .FirstOrDefault(value => value.Length == 22) ?? checkedRow;
            return command.CommandText.StartsWith("UPDATE [s]\nSET [s].[UsedAt]", StringComparison.Ordinal) ? 0 : 1;
        };
        var clock = new FakeTimeProvider();
        _recording.Rows = command => command.CommandText switch
        {
            var sql when sql.Contains("[IsConfused]", StringComparison.Ordinal) => Row(("Record", checkedRow), ("IsConfused", false)),
            var sql when sql.Contains("GROUP BY [s].[State]", StringComparison.Ordinal) => Row(("State", 2), ("Count", 1L)),
            var sql when sql.Contains("COUNT_BIG", StringComparison.Ordinal) => Row(("Count", 0L)),
            var sql when sql.StartsWith("SELECT TOP(2) [s].[Version]", StringComparison.Ordinal) =>
                Row(("Version", 1L), ("Record", new byte[1])),
            var sql when sql.Contains("GETUTCDATE()", StringComparison.Ordinal) =>
                Row(("KeyPart", new byte[24]), ("ServerNow", clock.GetUtcNow().UtcDateTime)),
            var sql when sql.StartsWith("SELECT TOP(@p) [s].[Id]", StringComparison.Ordinal) => Row(("Id", new byte[32])),
            _ => null,
        };
        await using var services = Services();
        var store = new EntityFrameworkStore<ShopContext>(
            services, new EntityFrameworkStoreOptions { TimeProvider = clock, Prefix = "app" });
        _recording.Heading("The check of the tables, and the number of live sessions");
        await store.CountActiveSessionsAsync();
        var session = NewSession(store);
        byte[] key = Encoding.ASCII.GetBytes(session.Key.KeyPart);
        await RunAsync("Read", () => store.GetAsync(session.Key).AsTask());
        await RunAsync("Sign in without a limit", () => store.CreateAsync(session).AsTask());
        await RunAsync("Begin anonymously", () => store.CreateAsync(NewSession(store, null)).AsTask());
        await RunAsync("Sign in under a limit, for the first time", () => store.CreateAsync(session, new SessionCap(5)).AsTask());
        await RunAsync("Change", () => store.UpdateAsync(session, Set("a", "1")).AsTask());
        await RunAsync("List", () => ListAsync(store));
        await RunAsync("Sign out", () => store.DeleteAsync(session).AsTask());
        var others = _recording.Rows;
        _recording.Rows = command => command.CommandText.StartsWith("SELECT [s].[KeyPart], [s].[Record]", StringComparison.Ordinal)
            ? Row(("KeyPart", key), ("Record", session.Pack()))
            : others(command);
        await RunAsync("Sign out everywhere", () => store.DeleteActiveSessionsAsync("alice").AsTask());
        await RunAsync("End all", () => store.ClearAsync().AsTask());
        await RunAsync(
            "Find the newest sessions, for an administrator",
            () => store.QueryAsync(new SessionQuery { State = SessionState.SignedIn }).AsTask());
        await RunAsync("Count by state, for an administrator", () => store.CountByStateAsync().AsTask());
        await RunAsync("Clean up", () => store.DeleteExpiredAsync(2).AsTask());

        Approve("SqlServerStatements.sql", _recording.Text);
    }

    private async Task RunAsync(string heading, Func<Task> call)
    {
        _recording.Heading(heading);
        await call();
    }

    private static DataTable Row(params (string Name, object Value)[] columns)
    {
        var table = new DataTable();
        Array.ForEach(columns, column => table.Columns.Add(column.Name, column.Value.GetType()));
        table.Rows.Add([.. columns.Select(column => column.Value)]);
        return table;
    }

    private ServiceProvider Services() => new ServiceCollection()
        .AddDbContext<ShopContext>(options => options.UseSqlServer(new RecordedConnection(_recording)))
        .BuildServiceProvider();

    private static void Approve(string file, string text)
    {
        string folder = typeof(EntityFrameworkSqlServerText).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(data => data.Key == "Approved").Value!;
        string path = Path.Combine(folder, file);
        string approved = File.Exists(path) ? File.ReadAllText(path) : "";
        if (approved != text.ReplaceLineEndings("\n"))
        {
            File.WriteAllText(path + ".received", text.ReplaceLineEndings("\n"));
        }

        Assert.Equal(approved, text.ReplaceLineEndings("\n"));
    }
}
