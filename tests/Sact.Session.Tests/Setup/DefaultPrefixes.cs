using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;

namespace Sact.Session.Tests;

/// <summary>The prefix of a store for which nobody chose one.</summary>
public sealed class DefaultPrefixes
{
    [Theory]
    [Trait("abuse", "K15")]
    [InlineData("shop")]
    [InlineData("shop.admin-2_b")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123")]
    public void IsTheNameOfTheApplicationWhereTheNameIsAPrefix(string application) =>
        Assert.Equal(application, PrefixOf(application));

    [Theory]
    [Trait("abuse", "K15")]
    [InlineData("Shop.Web", "shop.web-")]
    [InlineData("my shop", "my_shop-")]
    [InlineData("my:shop{1}", "my_shop_1_-")]
    [InlineData("Läden", "l_den-")]
    [InlineData("店", "_-")]
    [InlineData("😀", "__-")]
    public void KeepsWhatItCanOfAnyOtherNameAndAddsAHash(string application, string start)
    {
        string prefix = PrefixOf(application);

        Assert.StartsWith(start, prefix, StringComparison.Ordinal);
        Assert.Matches("^[a-z0-9_.-]{1,64}$", prefix);
        Assert.Equal(start.Length + 8, prefix.Length);
        Assert.Equal(prefix, PrefixOf(application));
    }

    /// <summary>A changed rule would sign out every user of every application that chose no prefix.</summary>
    [Fact]
    [Trait("abuse", "K15")]
    public void IsTheSameInEveryVersion()
    {
        Assert.Equal("shop.web-04e0c931", PrefixOf("Shop.Web"));
        Assert.Equal("shop.admin-26cf0a5d", PrefixOf("shop", "admin"));
    }

    [Fact]
    [Trait("abuse", "K15")]
    public void OfLongNamesWithTheSameBeginningDiffer()
    {
        string[] prefixes = [.. new[] { "a", "b", "aa" }.Select(end => PrefixOf(new string('x', 64) + end))];

        Assert.All(prefixes, prefix => Assert.Matches("^x{55}-[0-9a-f]{8}$", prefix));
        Assert.Distinct(prefixes);
    }

    [Fact]
    [Trait("abuse", "K15")]
    public void OfNamesThatLookAlikeDiffer() => Assert.Distinct(
        new[] { "shop", "Shop", "SHOP", "shop ", "my shop", "my_shop", "my/shop", "my:shop", "ſhop", "shop." }
            .Select(name => PrefixOf(name)));

    [Fact]
    [Trait("abuse", "K15")]
    public void OfNamedRegistrationsDifferFromEveryOtherApplication() => Assert.Distinct(
    [
        PrefixOf("shop"), PrefixOf("shop", "admin"), PrefixOf("shop", "Admin"), PrefixOf("shop", "my admin"), PrefixOf("shop", "店"),
        PrefixOf("shop.admin"), PrefixOf("Shop.Admin"), PrefixOf("shop.admin", "x"), PrefixOf("shop", "admin.x"),
        PrefixOf("other", "admin"), PrefixOf(new string('x', 64), "admin"), PrefixOf(new string('x', 64), "other"),
    ]);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void IsSessionWhereTheApplicationHasNoName(string? application)
    {
        Assert.Equal("session", PrefixOf(application));
        Assert.Equal("session.admin", PrefixOf(application, "Admin"));
    }

    [Fact]
    public void OfTheMemoryStoreIsSession()
    {
        using var provider = Provider("shop", services =>
        {
            services.AddSactSession();
            services.AddSactSession("admin", o => o.Cookie.Name = "__Host-admin").UseMemory();
        });

        Assert.Equal("session", ((MemoryStore)provider.GetRequiredService<IGenericStore>()).Prefix);
        Assert.Equal("session.admin", ((MemoryStore)provider.GetRequiredKeyedService<IGenericStore>("admin")).Prefix);
    }

    [Fact]
    [Trait("abuse", "K15")]
    public void GivesWayToAChosenOne()
    {
        using var provider = Provider("shop", services => services.AddSactSession());
        var builder = new ServiceCollection().AddSactSession();

        Assert.Equal("mine", builder.Fill(provider, new GenericStoreOptions { Prefix = "mine" }).Prefix);
        Assert.Equal("session", builder.Fill(provider, new GenericStoreOptions { Prefix = "session" }).Prefix);
        Assert.Equal("shop", builder.Fill(provider, new GenericStoreOptions()).Prefix);
        Assert.Equal("shop", builder.Fill(provider, builder.Fill(provider, new GenericStoreOptions())).Prefix);
    }

    [Fact]
    [Trait("abuse", "K15")]
    public void OfANamedRegistrationExtendsAChosenOneAndIsAlwaysAnother()
    {
        using var provider = Provider("shop", services => services.AddSactSession());
        var services = new ServiceCollection();

        string Extended(string chosen, string name) =>
            services.AddSactSession(name).Fill(provider, new GenericStoreOptions { Prefix = chosen }).Prefix;

        Assert.Equal("mine.admin", Extended("mine", "Admin"));
        Assert.Matches("^mine.my_admin-[0-9a-f]{8}$", Extended("mine", "my admin"));
        Assert.Matches("^m{55}-[0-9a-f]{8}$", Extended(new string('m', 64), "admin"));
    }

    [Fact]
    public void OfAStoreThatIsCreatedByHandIsSession()
    {
        Assert.Equal("session", new GenericStoreOptions().Prefix);
        Assert.Equal("session", new MemoryStore().Prefix);
    }

    private static string PrefixOf(string? application, string name = "")
    {
        using var provider = Provider(application, services =>
            _ = name.Length == 0
                ? services.AddSactSession<TwoRegistrationsWithOneStoreType.StoreWithOnlyAPrefix>()
                : services.AddSactSession<TwoRegistrationsWithOneStoreType.StoreWithOnlyAPrefix>(name));
        return ((GenericStore)(name.Length == 0
            ? provider.GetRequiredService<IGenericStore>()
            : provider.GetRequiredKeyedService<IGenericStore>(name))).Prefix;
    }

    private static ServiceProvider Provider(string? application, Action<IServiceCollection> add)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<IHostEnvironment>(new HostingEnvironment { ApplicationName = application! });
        add(services);
        return services.BuildServiceProvider();
    }
}
