using System.Net;

namespace Sact.Session.Tests;

/// <summary>A page of another origin that loads the list of devices, for example as a picture or a script.</summary>
public sealed class OtherOrigins
{
    [Theory]
    [InlineData(Served.TestServer)]
    [InlineData(Served.Kestrel)]
    public async Task CannotLoadTheListOfSessions(Served served)
    {
        await using var site = await SessionsApi.StartAsync(served);
        string id = await SessionsApi.SignInAsync(site, "alice");

        using var list = await site.SendAsync("/account/sessions", id);

        Assert.Equal(HttpStatusCode.OK, list.StatusCode);
        Assert.Equal(["same-origin"], list.Headers.GetValues("Cross-Origin-Resource-Policy"));
    }
}
