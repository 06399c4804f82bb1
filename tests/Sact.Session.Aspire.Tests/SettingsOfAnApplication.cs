using System.Text.Json.Nodes;
using Sact.Session.Tests;

namespace Sact.Session.Aspire.Tests;

public sealed class SettingsOfAnApplication
{
    public static TheoryData<string> Packages => [Package.Redis, Package.Postgres];

    [Theory]
    [MemberData(nameof(Packages))]
    public void LeaveEverythingOnByDefault(string package)
    {
        var settings = Read(package, "cache");

        Assert.Null(settings.ConnectionString);
        Assert.Equal((false, false, false), Switches(settings));
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void AreReadFromTheSectionOfThePackage(string package)
    {
        string section = Package.Section(package);

        var settings = Read(
            package,
            "cache",
            ($"{section}:ConnectionString", "there"),
            ($"{section}:DisableHealthChecks", "true"),
            ($"{section}:disabletracing", "True"),
            ($"{section}:DisableMetrics", "true"));

        Assert.Equal("there", settings.ConnectionString);
        Assert.Equal((true, true, true), Switches(settings));
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void AreReadFirstFromTheSectionOfTheName(string package)
    {
        string section = Package.Section(package);

        var settings = Read(
            package,
            "cache",
            ($"{section}:ConnectionString", "there"),
            ($"{section}:cache:ConnectionString", "here"),
            ($"{section}:DisableHealthChecks", "true"),
            ($"{section}:cache:DisableHealthChecks", "false"),
            ($"{section}:cache:DisableTracing", "true"),
            ($"{section}:other:DisableMetrics", "true"));

        Assert.Equal("here", settings.ConnectionString);
        Assert.Equal((false, true, false), Switches(settings));
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void OfAKeyedRegistrationAreThoseOfItsKey(string package)
    {
        string section = Package.Section(package);
        var builder = Application.Builder(
            ($"{section}:admin:DisableTracing", "true"), ($"{section}:cache:DisableMetrics", "true"), ("ConnectionStrings:cache", "live"));
        AnySettings? read = null;

        Package.AddKeyed(builder, package, "admin", "cache", settings => read = settings);

        Assert.Equal("live", read!.ConnectionString);
        Assert.Equal((false, true, false), Switches(read));
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void HaveTheConnectionStringOfTheResourceBeforeThatOfASection(string package)
    {
        string section = Package.Section(package);

        var settings = Read(
            package,
            "cache",
            ("ConnectionStrings:cache", "resource"),
            ($"{section}:cache:ConnectionString", "here"),
            ($"{section}:ConnectionString", "there"));

        Assert.Equal("resource", settings.ConnectionString);
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public async Task AreChangedByCodeAfterTheConfiguration(string package)
    {
        var builder = Application.Builder(($"{Package.Section(package)}:DisableHealthChecks", "true"), ("ConnectionStrings:cache", "live"));

        Package.Add(builder, package, "cache", settings => settings.DisableHealthChecks = !settings.DisableHealthChecks);

        Assert.Equal(["sact-session"], await Application.HealthChecksOfAsync(builder));
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void ThatAreNeitherTrueNorFalseAreRefusedWithoutTheirValue(string package)
    {
        string key = $"{Package.Section(package)}:cache:DisableTracing";

        var fault = Assert.Throws<InvalidOperationException>(() => Read(package, "cache", (key, "secretword")));

        Assert.Equal($"The configuration key '{key}' is neither true nor false. Set it to one of them, or remove it.", fault.Message);
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void ThatAreEmptyAreAsIfTheyWereMissing(string package) => Assert.Equal(
        (false, false, false), Switches(Read(package, "cache", ($"{Package.Section(package)}:DisableTracing", ""))));

    [Theory]
    [MemberData(nameof(Packages))]
    public void NeedAName(string package)
    {
        var builder = Application.Builder();

        Assert.Throws<ArgumentException>(() => Package.Add(builder, package, ""));
        Assert.Throws<ArgumentException>(() => Package.AddKeyed(builder, package, ""));
        Assert.Throws<ArgumentException>(() => Package.AddKeyed(builder, package, "admin", ""));
        Assert.Throws<ArgumentNullException>(() => Package.Add(builder, package, null!));
        Assert.Throws<ArgumentNullException>(() => Package.Add(null!, package, "cache"));
    }

    /// <summary>Editors offer what the schema has.</summary>
    [Theory]
    [InlineData("Redis", typeof(SactSessionRedisSettings))]
    [InlineData("PostgreSql", typeof(SactSessionPostgreSqlSettings))]
    public void AreThoseOfTheSchema(string package, Type type)
    {
        string file = Path.Combine(Checkout.Root, "src", $"Sact.Session.Aspire.{package}", "ConfigurationSchema.json");
        var schema = JsonNode.Parse(File.ReadAllText(file))!;
        foreach (string name in (string[])["Aspire", "Sact", "Session", package])
        {
            schema = Assert.Single(schema["properties"]!.AsObject(), property => property.Key == name).Value!;
        }

        var settings = Activator.CreateInstance(type);
        var expected = type.GetProperties()
            .Select(setting => (setting.Name, setting.PropertyType == typeof(bool), setting.GetValue(settings)));
        foreach (var properties in (JsonNode[])[schema["properties"]!, schema["additionalProperties"]!["properties"]!])
        {
            Assert.Equal(expected, properties.AsObject().Select(property => (
                property.Key, (string?)property.Value!["type"] == "boolean", (object?)(bool?)property.Value["default"])));
        }
    }

    private static AnySettings Read(string package, string name, params (string Key, string? Value)[] configuration)
    {
        AnySettings? read = null;
        Package.Add(Application.Builder(configuration), package, name, settings => read = settings);
        return read!;
    }

    private static (bool Health, bool Tracing, bool Metrics) Switches(AnySettings settings) =>
        (settings.DisableHealthChecks, settings.DisableTracing, settings.DisableMetrics);
}
