using Sact.Session.Tests.Architecture.DeliberateCircle.Upper;

namespace Sact.Session.Tests.Architecture.DeliberateCircle.Lower;

/// <summary>One half of a circle that the architecture test must find.</summary>
internal static class LowerExtensions
{
    public static int Lower(this int number) => number > 0 ? (number - 1).Upper() : 0;
}
