using Microsoft.AspNetCore.Http.HttpResults;

namespace BlazorServer;

/// <summary>The password once more, before a sensitive action.</summary>
internal static class StepUp
{
    /// <summary>How long a password counts as just given.</summary>
    public static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(5);

    /// <summary>The page that requests the password and then leads back.</summary>
    public static string PageFor(string path) => "/confirm?ReturnUrl=" + Uri.EscapeDataString(path);

    /// <summary>The address to return to, if it is on this site; else the start.</summary>
    public static string Local(string? returnUrl) => RedirectHttpResult.IsLocalUrl(returnUrl) ? returnUrl! : "/";
}
