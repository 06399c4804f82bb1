using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Sact.Session.Stores;

namespace Sact.Session.Docs.Tests;

/// <summary><c>docs/reference/options.md</c> has every option of every package, with the default that it has.</summary>
public sealed class OptionsPage
{
    private static readonly Page s_page = PagesOfTheRepository.Of("docs/reference/options.md");

    public static TheoryData<Type> Types =>
    [
        .. new[]
        {
            typeof(SactSessionOptions), typeof(SqliteStoreOptions), typeof(PostgreSqlStoreOptions), typeof(RedisStoreOptions),
            typeof(EntityFrameworkStoreOptions), typeof(SactOpenIdConnectOptions), typeof(SactSessionRedisSettings),
            typeof(SactSessionPostgreSqlSettings),
        }.Select(type => type.Assembly).SelectMany(assembly => assembly.GetExportedTypes())
            .Where(type => type.Name.EndsWith("Options", StringComparison.Ordinal)
                || type.Name.EndsWith("Settings", StringComparison.Ordinal)),
    ];

    [Theory]
    [MemberData(nameof(Types))]
    public void HasASectionWithExactlyTheOptionsOf(Type type) =>
        Assert.Equal(Options(type).Select(option => $"`{option.Name}`").Order(), Section(type).Select(row => row[0]).Order());

    [Theory]
    [MemberData(nameof(Types))]
    public void HasTheDefaultsOf(Type type)
    {
        object options = Activator.CreateInstance(type)!;

        Assert.Equal(
            Options(type).Select(option => $"{option.Name}: {Shown(option.GetValue(options))}").Order(),
            Section(type).Select(row => $"{row[0].Trim('`')}: {row[1]}").Order());
    }

    [Theory]
    [InlineData(604800, "7 days")]
    [InlineData(3600, "1 hour")]
    [InlineData(1200, "20 minutes")]
    [InlineData(30, "30 seconds")]
    public void ShowsATimeInItsLargestUnit(int seconds, string shown) => Assert.Equal(shown, Shown(TimeSpan.FromSeconds(seconds)));

    private static IEnumerable<PropertyInfo> Options(Type type) =>
        type.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly).Where(option => option.CanWrite);

    private static List<string[]> Section(Type type)
    {
        string heading = $"## `{type.Name}`";
        string[] parts = s_page.Text.Split(heading + "\n");
        Assert.True(parts.Length == 2, $"{s_page.Path} has no section '{heading}'.");
        return [.. new Page("section", parts[1].Split("\n## ")[0]).Rows.Select(row => row.Cells).Where(cells => cells[0].StartsWith('`'))];
    }

    private static string Shown(object? value) => value switch
    {
        null => "null",
        "" => "empty",
        string text => $"`{text}`",
        bool flag => flag ? "true" : "false",
        int or long => string.Create(CultureInfo.InvariantCulture, $"{value:N0}"),
        TimeSpan time => Shown(time),
        Enum member => $"`{member}`",
        CookieBuilder cookie => $"`{cookie.Name}`, Path `{cookie.Path}`, Secure, HttpOnly, SameSite {cookie.SameSite}, essential",
        _ => "see there",
    };

    private static string Shown(TimeSpan time)
    {
        var (amount, unit) = time switch
        {
            { Ticks: >= TimeSpan.TicksPerDay } => (time.TotalDays, "day"),
            { Ticks: >= TimeSpan.TicksPerHour } => (time.TotalHours, "hour"),
            { Ticks: >= TimeSpan.TicksPerMinute } => (time.TotalMinutes, "minute"),
            _ => (time.TotalSeconds, "second"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{amount:0.##} {unit}{(amount == 1 ? "" : "s")}");
    }
}
