using System.Net;
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
            annotation => annotation is ContainerMountAnnotation);
    }

    private async Task<string> SignInAsync(string path, string name)
    {
        using var response = await SendAsync(
            () => new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(new { name }) });
        return Assert.Single(response.Headers.GetValues("Set-Cookie")).Split(';')[0];
    }

    private async Task<(string User, int Node)> UserAsync(string path, string cookie)
    {
        using var response = await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Cookie", cookie } } });
        var body = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        return (body.GetProperty("user").GetString()!, body.GetProperty("node").GetInt32());
    }

    // A new connection for each request, and no cookies: the test sends them. On a busy machine the first calls of a node may take
    // longer than the store's time-out, which is a 503. So they are repeated.
    private async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> create)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(TimeSpan.FromMinutes(2));
        while (true)
        {
            using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false });
            client.BaseAddress = host.Application.GetEndpoint("shop", "http");
            using var request = create();
            var response = await client.SendAsync(request, timeout.Token);
            if (response.StatusCode != HttpStatusCode.ServiceUnavailable)
            {
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                return response;
            }

            response.Dispose();
        }
    }
}
