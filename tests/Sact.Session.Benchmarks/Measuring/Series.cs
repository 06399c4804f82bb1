namespace Sact.Session.Benchmarks;

/// <summary>Measures of one thing, round by round.</summary>
internal static class Series
{
    public static double Median(this IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int half = sorted.Length / 2;
        return sorted.Length == 0 ? double.NaN : sorted.Length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    /// <summary>The 95 % interval of the median, by order statistics: it assumes nothing of how the measures are spread.</summary>
    public static (double Low, double High) Interval(this IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int n = sorted.Length, rank = 0;
        double below = 0;
        for (double p = Math.Pow(0.5, n); rank < n / 2 && below + p <= 0.025; rank++)
        {
            below += p;
            p = p * (n - rank) / (rank + 1);
        }

        rank = Math.Max(0, rank - 1);
        return n == 0 ? (double.NaN, double.NaN) : (sorted[rank], sorted[n - 1 - rank]);
    }

    /// <summary>Round by round, one thing beside another: what burdens the machine burdens both.</summary>
    public static IEnumerable<double> Beside(this IEnumerable<double> values, IEnumerable<double> others) =>
        values.Zip(others, static (one, other) => one / other);

    public static IEnumerable<double> Over(this IEnumerable<double> values, IEnumerable<double> others) =>
        values.Zip(others, static (one, other) => one - other);
}
