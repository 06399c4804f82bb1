namespace Sact.Session.Stores.Tests;

/// <summary>
/// What the servers, which the tests share, say where no test framework listens: a server that cannot be had is an exception, and its part
/// of the run is left out with that reason.
/// </summary>
internal static class Assert
{
    public static void SkipUnless(bool condition, string reason)
    {
        if (!condition)
        {
            throw new MissingServerException(reason);
        }
    }

    public static void True(bool condition, string reason)
    {
        if (!condition)
        {
            throw new InvalidOperationException(reason);
        }
    }
}

/// <summary>A server or a program is not on the machine. Any other fault of a part ends the run.</summary>
internal sealed class MissingServerException(string message) : InvalidOperationException(message);
