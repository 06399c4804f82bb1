using System.Reflection;

namespace Sact.Session.Tests;

/// <summary>
/// The core assembly carries no obstacle to trimming, Native AOT or other stores. <c>tests/run</c> also publishes and runs native binaries.
/// </summary>
public sealed class CoreAssembly
{
    private static readonly Assembly s_core = typeof(ISession<>).Assembly;

    [Fact]
    public void IsMarkedTrimmableAndAotCompatible()
    {
        var metadata = s_core.GetCustomAttributes<AssemblyMetadataAttribute>().ToDictionary(pair => pair.Key, pair => pair.Value);

        Assert.Equal(("True", "True"), (metadata.GetValueOrDefault("IsTrimmable"), metadata.GetValueOrDefault("IsAotCompatible")));
    }

    [Fact]
    public void ReferencesOnlyTheFramework()
    {
        string framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        string aspNetCore = Path.GetDirectoryName(typeof(Microsoft.AspNetCore.Http.HttpContext).Assembly.Location)!;
        var foreign = s_core.GetReferencedAssemblies()
            .Select(reference => reference.Name + ".dll")
            .Where(file => !File.Exists(Path.Combine(framework, file)) && !File.Exists(Path.Combine(aspNetCore, file)));

        Assert.Empty(foreign);
    }
}
