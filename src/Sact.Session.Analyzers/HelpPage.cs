using System.Reflection;

namespace Sact.Session.Analyzers;

/// <summary>The page that explains the rules, as it was at the commit of this build.</summary>
internal static class HelpPage
{
    /// <summary>The address of a rule. Null in a build that knows no repository, because a wrong link is worse than none.</summary>
    /// <param name="rule">The id of the rule.</param>
    public static string? Of(string rule)
    {
        var assembly = typeof(HelpPage).GetTypeInfo().Assembly;
        string? repository = assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .FirstOrDefault(metadata => metadata.Key == "RepositoryUrl")?.Value;
        return Of(rule, repository, assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion);
    }

    /// <summary>The address of a rule in a repository.</summary>
    /// <param name="rule">The id of the rule.</param>
    /// <param name="repository">The address of the repository; null or empty if it is not known.</param>
    /// <param name="version">The version of the build. The commit follows a plus sign.</param>
    public static string? Of(string rule, string? repository, string? version)
    {
        if (string.IsNullOrEmpty(repository))
        {
            return null;
        }

        string root = repository!.EndsWith(".git", StringComparison.Ordinal) ? repository.Substring(0, repository.Length - 4) : repository;
        int plus = version?.IndexOf('+') ?? -1;
        string commit = plus < 0 ? "HEAD" : version!.Substring(plus + 1);
#pragma warning disable CA1308 // The anchor of a heading is in lower case.
        return $"{root}/blob/{commit}/docs/reference/analyzers.md#{rule.ToLowerInvariant()}";
#pragma warning restore CA1308
    }
}
