namespace Sact.Session.Scoreboard;

/// <summary>Where the sources are: the peers are run from there, and the page is written there.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Sact.Session.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("The scoreboard runs inside its repository: there is no Sact.Session.sln above the program.");
    }
}
