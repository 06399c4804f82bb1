using System.Diagnostics;
using Sact.Session.Samples.Tests;

namespace Sact.Session.Browser.Tests;

/// <summary>Two processes of the sample Chat over one SQLite file: two nodes.</summary>
public sealed class ChatNodes : IAsyncDisposable
{
    private readonly RunningSample _first;
    private readonly RunningSample _second;

    private ChatNodes(RunningSample first, RunningSample second) => (_first, _second) = (first, second);

    /// <summary>The addresses by the name that people type.</summary>
    public Uri First => Named(_first);

    /// <inheritdoc cref="First"/>
    public Uri Second => Named(_second);

    public static async Task<ChatNodes> StartAsync()
    {
        var first = await StartOneAsync(null);
        try
        {
            return new ChatNodes(first, await StartOneAsync(first.Folder));
        }
        catch
        {
            await first.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _second.DisposeAsync();
        await _first.DisposeAsync();
    }

    private static Task<RunningSample> StartOneAsync(string? shared)
    {
        string sample = RunningSample.ProgramOf("Chat");
        return RunningSample.StartAsync("Chat", folder => new ProcessStartInfo(
            "dotnet", [sample, "--sqlite", $"Data Source={Path.Combine(shared ?? folder, "chat.db")}"])
        {
            Environment = { ["ASPNETCORE_ENVIRONMENT"] = "Development", ["HOME"] = folder },
        });
    }

    private static Uri Named(RunningSample sample) => new UriBuilder(sample.Address) { Host = "localhost" }.Uri;
}
