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

    [Theory]
    [InlineData(typeof(FolderStoreOptions))]
    [InlineData(typeof(Folder))]
    public void IsToldHowToTakeOptionsOfItsOwn(Type parameter)
    {
        var services = new ServiceCollection();
        _ = parameter == typeof(Folder) ? services.AddSactSession<FolderStore>() : services.AddSactSession<FolderOptionsStore>();

        var fault = Assert.Throws<InvalidOperationException>(
            () => services.BuildServiceProvider().GetRequiredService<IGenericStore>());

        Assert.Contains(parameter.Name, fault.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(GenericStoreOptions), fault.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(SactSessionBuilder.CreateOptions), fault.Message, StringComparison.Ordinal);
        Assert.Contains(parameter.FullName!, fault.InnerException!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void KeepsTheExceptionOfItsConstructor()
    {
        var services = new ServiceCollection();
        services.AddSactSession<ClosedStore>();

        var fault = Assert.Throws<InvalidOperationException>(
            () => services.BuildServiceProvider().GetRequiredService<IGenericStore>());

        Assert.Equal("The folder is closed.", fault.Message);
    }

    private static void AssertNamesTheTypeToPass(Action<IServiceCollection> register)
    {
        var fault = Assert.Throws<ArgumentException>("TStore", () => register(new ServiceCollection()));
        Assert.Contains("UseStore<MyStore>()", fault.Message, StringComparison.Ordinal);
        Assert.Contains("UseMemory()", fault.Message, StringComparison.Ordinal);
    }

    private sealed class FolderStoreOptions : GenericStoreOptions;

    private sealed class Folder;

    private sealed class FolderOptionsStore(FolderStoreOptions options) : ApplicationStore(options);

    private sealed class FolderStore(Folder folder, GenericStoreOptions options) : ApplicationStore(options)
    {
        public Folder Folder => folder;
    }

    private sealed class ClosedStore : ApplicationStore
    {
        public ClosedStore(GenericStoreOptions options, Folder? folder = null)
            : base(options) => throw new InvalidOperationException("The folder is closed.");
    }
}
