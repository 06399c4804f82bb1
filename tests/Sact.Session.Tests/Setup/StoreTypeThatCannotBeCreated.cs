using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>A registration over a type that dependency injection cannot create, such as <see cref="IGenericStore"/>.</summary>
public sealed class StoreTypeThatCannotBeCreated
{
    [Theory]
    [InlineData(null)]
    [InlineData("staff")]
    [Trait("abuse", "K25")]
    public void IsRefusedByAddSactSession(string? name) => AssertNamesTheTypeToPass(
        name is null ? services => services.AddSactSession<IGenericStore>() : services => services.AddSactSession<IGenericStore>(name));

    [Fact]
    [Trait("abuse", "K25")]
    public void IsRefusedByUseStore()
    {
        AssertNamesTheTypeToPass(services => services.AddSactSession().UseStore<IGenericStore>());
        AssertNamesTheTypeToPass(services => services.AddSactSession().UseStore<GenericStore>());
    }

    [Fact]
    [Trait("abuse", "K25")]
    public void IsRefusedAlthoughTheApplicationRegisteredIGenericStore() => AssertNamesTheTypeToPass(
        services => services.AddSingleton<IGenericStore>(new MemoryStore()).AddSactSession<IGenericStore>());

    [Fact]
    public async Task IsAcceptedIfTheApplicationRegisteredTheAbstractType()
    {
        await using var app = new TestApp(
            services => services.AddSingleton<GenericStore>(new MemoryStore()).AddSactSession<GenericStore>());

        Assert.IsType<Session<GenericStore>>(app.Request().GetSactSession());
    }

    private static void AssertNamesTheTypeToPass(Action<IServiceCollection> register)
    {
        var fault = Assert.Throws<ArgumentException>("TStore", () => register(new ServiceCollection()));
        Assert.Contains("UseStore<MyStore>()", fault.Message, StringComparison.Ordinal);
        Assert.Contains("UseMemory()", fault.Message, StringComparison.Ordinal);
    }
}
