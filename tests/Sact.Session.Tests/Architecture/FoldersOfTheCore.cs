using Sact.Session.Tests.Architecture.DeliberateCircle.Lower;

namespace Sact.Session.Tests.Architecture;

/// <summary>Each folder of the core has a floor, uses its own floor or those below, and no two use each other.</summary>
public sealed class FoldersOfTheCore
{
    // A new folder needs its floor here. src/README.md shows the same table.
    private static readonly Dictionary<string, int> s_floors = new()
    {
        ["Contract"] = 0,
        ["Ids"] = 1,
        ["Sealing"] = 1,
        ["Metadata"] = 1,
        ["Cookies"] = 1,
        ["Caching"] = 1,
        ["Diagnostics"] = 1,
        ["Observers"] = 1,
        ["Options"] = 1,
        ["MemoryStore"] = 1,
        ["Session"] = 2,
        ["Hosting"] = 3,
        ["Authentication"] = 4,
        ["Authentication/Scheme"] = 4,
        ["Authentication/SecurityStamps"] = 4,
        ["Authentication/Tickets"] = 4,
        ["HttpContextSession"] = 4,
        ["StepUp"] = 4,
        ["Connections"] = 4,
        ["Administration"] = 4,
        ["SessionsApi"] = 4,
        ["Health"] = 4,
        ["Migration"] = 4,
        ["Setup"] = 5,
    };

    private static readonly RoomGraph s_core = new(typeof(SessionKey).Assembly, Path.Combine(Checkout.Root, "src", "Sact.Session"));

    [Fact]
    public void EachHasAFloor() => Assert.Empty(s_core.Rooms.Values.Distinct().Except(s_floors.Keys));

    [Fact]
    public void NoneUsesAHigherFloor() => Assert.Empty(s_core.AllUses
        .Where(use => s_floors[use.To] > s_floors[use.From])
        .Select(use => $"{use.From} -> {use.To}: {string.Join(", ", use.Reasons)}"));

    [Fact]
    public void NoTwoUseEachOther() => Assert.Empty(s_core.Circles());

    /// <summary>Without this one the other facts could hold because nothing is seen.</summary>
    [Fact]
    public void UsesThroughTypesCallsAndExtensionsAreSeen()
    {
        var uses = s_core.AllUses.Select(use => (use.From, use.To)).ToHashSet();

        Assert.Contains(("Session", "Contract"), uses);
        Assert.Contains(("Setup", "Hosting"), uses);
        Assert.Contains(("MemoryStore", "Contract"), uses);
        Assert.Equal("Ids", s_core.Rooms["SecretRule"]);
    }

    /// <summary>Two folders that use each other through calls of extension methods only.</summary>
    [Fact]
    public void ADeliberateCircleOfExtensionCallsIsFound()
    {
        var circle = new RoomGraph(
            typeof(LowerExtensions).Assembly,
            Path.Combine(Checkout.Root, "tests", "Sact.Session.Tests", "Architecture", "DeliberateCircle"));

        string[] found = [.. circle.Circles().Order(StringComparer.Ordinal)];

        Assert.Equal(2, found.Length);
        Assert.StartsWith("Lower -> Upper", found[0], StringComparison.Ordinal);
        Assert.StartsWith("Upper -> Lower", found[1], StringComparison.Ordinal);
    }
}
