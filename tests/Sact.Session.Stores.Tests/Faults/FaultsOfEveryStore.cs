using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace Sact.Session.Stores.Tests;

/// <summary>
/// The small form of <c>tests/Sact.Session.Faults</c>: two processes, faults in the order of a seed, and a checker. SACT_FAULT_SECONDS sets
/// for how long faults are injected into each store, 2 by default; SACT_FAULT_SEED sets the seed.
/// </summary>
public sealed class FaultsOfEveryStore
{
    private const int LeftOut = 3;

    // Other tests use the same cores. A run on a quiet machine keeps to five seconds, and to StoreTimeout and a tenth.
    private const string RecoveryLimit = "30";
    private const string LateLimit = "3";

    [Theory]
    [InlineData("sqlite", 0)]
    [InlineData("postgres", 0)]
    [InlineData("redis", 40)]
    [InlineData("cluster", 0)]
    [Trait("abuse", "D2")]
    [Trait("abuse", "E2")]
    public async Task BreakNoPromiseAndAStormOfThemLeavesNothingBehind(string store, int storm)
    {
        string seconds = Environment.GetEnvironmentVariable("SACT_FAULT_SECONDS") ?? "2";
        string program = typeof(FaultsOfEveryStore).Assembly
            .GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "Faults").Value!;
        string seed = Environment.GetEnvironmentVariable("SACT_FAULT_SEED") ?? "1";
        string[] arguments =
        [
            program, "--store", store, "--seconds", seconds, "--storm", storm.ToString(CultureInfo.InvariantCulture), "--seed", seed,
            "--limit", RecoveryLimit, "--late", LateLimit,
        ];
        using var run = Process.Start(
            new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = run.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await run.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await run.WaitForExitAsync(TestContext.Current.CancellationToken);
        TestContext.Current.TestOutputHelper!.WriteLine(output);
        if (run.ExitCode == LeftOut)
        {
            throw ServerProcess.Missing(output);
        }

        string printed = await errors;
        Assert.True(run.ExitCode == 0, $"Exit code {run.ExitCode}:\n{output}\n{printed}");
        Assert.Contains("violations: 0", output, StringComparison.Ordinal);

        // A history without a fault, or without a session that was accepted, would have no violation either.
        Assert.Matches("accepted: [1-9][0-9]", output);
        Assert.Matches(@"(?m)^\| (?!fault)[^|]+ \| [1-9][0-9]* \|", output);
    }
}
