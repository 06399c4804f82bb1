using Sact.Session;

namespace CustomStore;

/// <summary>Chooses the <see cref="FileStore"/>, as the packages of the library choose theirs.</summary>
public static class FileSessionBuilderExtensions
{
    /// <summary>Keeps sessions as files. <c>CreateOptions</c> sets the prefix, clock and log of the application.</summary>
    public static SactSessionBuilder UseFiles(this SactSessionBuilder sessions, Action<FileStoreOptions> configure) => sessions.UseStore(
        services => new FileStore(sessions.CreateOptions<FileStoreOptions>(services, (_, options) => configure(options))));
}
