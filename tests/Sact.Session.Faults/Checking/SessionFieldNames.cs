using System.Globalization;

namespace Sact.Session.Faults;

/// <summary>The fields that every session of a history has.</summary>
internal static class SessionFieldNames
{
    /// <summary>The user who signed in.</summary>
    public const string Owner = "owner";

    /// <summary>The number of the sign-in.</summary>
    public const string SignIn = "sign-in";

    /// <summary>What all clients of a session count up.</summary>
    public const string Counter = "counter";

    public static string ValueOf(long id) => id.ToString(CultureInfo.InvariantCulture);
}
