using System.Net.Http.Json;
using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace AspireAppHost;

public sealed class AppHostOfTheSample(RunningAppHost host) : IClassFixture<RunningAppHost>
{
    [Fact]
    public async Task RunsTwoNodesWithOneSetOfSessions()
    {
        string cookie = await SignInAsync("/login", "alice");
        var seen = new HashSet<(string User, int Node)>();

        // The proxy of the app host chooses a node for each connection.
        for (int i = 0; i < 100 && seen.Count < 2; i++)
        {
            seen.Add(await UserAsync("/me", cookie));
        }

        Assert.Equal(["alice", "alice"], seen.Select(answer => answer.User));
    }

    [Fact]
    public async Task GivesAdministratorsTheOtherStore()
    {
        string cookie = await SignInAsync("/admin/login", "root");

        Assert.StartsWith("__Host-admin=", cookie, StringComparison.Ordinal);
        Assert.Equal("root", (await UserAsync("/admin/me", cookie)).User);
    }

    /// <summary>Without connection strings it has containers. They are described here, and not started.</summary>
    [Fact]
    public async Task HasContainersUnlessThereAreConnectionStrings()
    {
        await using var builder = await RunningAppHost.BuilderAsync();

        Assert.Equal(
            ["cache", "postgres"],
            builder.Resources.Where(resource => resource.IsContainer()).Select(resource => resource.Name).Order(StringComparer.Ordinal));
        Assert.IsType<RedisResource>(builder.Resources.Single(resource => resource.Name == "cache"), exactMatch: false);
        Assert.IsType<PostgresDatabaseResource>(builder.Resources.Single(resource => resource.Name == "db"));
        Assert.Contains(
            builder.Resources.Single(resource => resource.Name == "cache").Annotations,
            annotation => annotation is PersistenceAnnotation);
    }

    private async Task<string> SignInAsync(string path, string name)
    {
        using var client = Client();
        using var response = await client.PostAsJsonAsync(path, new { name }, TestContext.Current.CancellationToken);
        Assert.Equal(200, (int)response.StatusCode);
        return Assert.Single(response.Headers.GetValues("Set-Cookie")).Split(';')[0];
    }

    private async Task<(string User, int Node)> UserAsync(string path, string cookie)
    {
        using var client = Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Cookie", cookie);
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(200, (int)response.StatusCode);
        var body = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        return (body.GetProperty("user").GetString()!, body.GetProperty("node").GetInt32());
    }

    // A connection of its own for each request, and no cookies: the test sends them.
    private HttpClient Client() => new(new SocketsHttpHandler { UseCookies = false })
    {
        BaseAddress = host.Application.GetEndpoint("shop", "http"),
    };
}
