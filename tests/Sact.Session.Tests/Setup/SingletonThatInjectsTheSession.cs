using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

public sealed class SingletonThatInjectsTheSession
{
    /// <summary>
    /// In production, where scopes are not validated, a singleton would keep the first user's session and serve it to everybody.
    /// </summary>
    [Fact]
    public async Task IsRefusedAndTheMessageSaysWhatToUse()
    {
        await using var site = await Site.StartAsync(
            app => app.MapGet("/", (Keeper keeper) => keeper.Session.GetKey().ToString()),
            build: builder => builder.Services.AddSingleton<Keeper>());

        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => site.SendAsync("/"));

        Assert.Contains("singleton", fault.Message, StringComparison.Ordinal);
        Assert.Contains("GetSactSession", fault.Message, StringComparison.Ordinal);
    }

    private sealed class Keeper(ISession<IGenericStore> session)
    {
        public ISession<IGenericStore> Session => session;
    }
}
