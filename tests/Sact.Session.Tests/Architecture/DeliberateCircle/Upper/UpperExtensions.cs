using Sact.Session.Tests.Architecture.DeliberateCircle.Lower;

namespace Sact.Session.Tests.Architecture.DeliberateCircle.Upper;

/// <summary>The other half of a circle that the architecture test must find.</summary>
internal static class UpperExtensions
{
    public static int Upper(this int number) => number > 0 ? (number - 1).Lower() : 0;
}
