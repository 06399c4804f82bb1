using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Stores.Tests;

/// <summary>What <c>GetConnectionString("typo")!</c> passes to a store, and what an empty setting does.</summary>
public sealed class MissingConnectionStrings
{
    public static TheoryData<string, string?, bool> All
    {
        get
        {
            var rows = new TheoryData<string, string?, bool>();
            foreach (string store in new[] { "SQLite", "PostgreSQL", "Redis" })
            {
                foreach (string? text in new[] { null, "", " " })
                {
                    rows.Add(store, text, true);
                    rows.Add(store, text, false);
                }
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task NameTheStoreAndSayWhatToDo(string store, string? text, bool isArgument)
    {
        var configuration = new ConfigurationManager { ["ConnectionStrings:sessions"] = text };
        string typo = configuration.GetConnectionString("sessions")!;
        var services = new ServiceCollection();
        var sessions = services.AddSactSession();

        var fault = await Record.ExceptionAsync(async () =>
        {
            _ = store switch
            {
                "SQLite" => isArgument ? sessions.UseSqlite(typo) : sessions.UseSqlite(o => o.ConnectionString = typo),
                "PostgreSQL" => isArgument ? sessions.UsePostgreSql(typo) : sessions.UsePostgreSql(o => o.ConnectionString = typo),
                _ => isArgument ? sessions.UseRedis(typo) : sessions.UseRedis(o => o.Configuration = typo),
            };
            await using var provider = services.BuildServiceProvider();
            _ = provider.GetRequiredService<IGenericStore>();
        });

        Assert.IsType<ArgumentException>(fault, exactMatch: false);
        Assert.Contains(store, fault.Message, StringComparison.OrdinalIgnoreCase);

        // The words, or the name of the option.
        Assert.Contains(
            "connectionstring", fault.Message.Replace(" ", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Value cannot be null", fault.Message, StringComparison.Ordinal);
    }
}
