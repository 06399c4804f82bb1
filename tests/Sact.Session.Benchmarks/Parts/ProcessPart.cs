using System.Globalization;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Benchmarks;

/// <summary>The library over memory beside what people use, through the middleware pipeline without a server.</summary>
internal static class ProcessPart
{
    public static SactContender Memory() =>
        new("memory", static builder => builder.UseMemory(static options => options.MaxBytes = 4L << 30));

    public static StockContender Stock() =>
        new("memory", static services => services.AddDistributedMemoryCache(static options => options.SizeLimit = null));

    public static async Task RunAsync(Report report, bool quick)
    {
        Runner[] runners = [new(new BareContender()), new(Stock()), new(new TicketContender()), new(Memory())];
        var (bare, stock, sact) = (runners[0], runners[1], runners[3]);
        var contest = new Contest(runners, quick ? 5 : 21, quick ? 1000 : 3000);
        foreach (var scenario in Enum.GetValues<Scenario>().Except([Scenario.SignOut, Scenario.ReadLarge, Scenario.List]))
        {
            await contest.RunAsync(scenario);
        }

        await contest.RunAsync(Scenario.ReadLarge, static runner => runner.SignedInAsync(runner.Contender switch
        {
            SactContender => SactContender.SignInLarge,
            StockContender => StockContender.SignInLarge,
            TicketContender => TicketContender.SignInLarge,
            _ => static _ => Task.CompletedTask,
        }));
        Users.Only = "with-ten";
        await contest.RunAsync(Scenario.List, static async runner =>
        {
            for (int i = 0; i < 9; i++)
            {
                await runner.SignedInAsync();
            }

            return await runner.SignedInAsync();
        });
        double capped = await BytesUnderTheCapAsync(sact, bare);
        Users.Only = null;

        double Over(Scenario scenario, Runner runner) => contest.Time(scenario, runner).Over(contest.Time(scenario, bare)).Median();
        double CpuOver(Scenario scenario, Runner runner) => contest.Cpu(scenario, runner).Over(contest.Cpu(scenario, bare)).Median();
        double Bytes(Scenario scenario) => contest.Bytes(scenario, sact) - contest.Bytes(scenario, bare);
        double[] Ratios(Scenario scenario) => [.. contest.Time(scenario, stock).Over(contest.Time(scenario, bare)).Beside(
            contest.Time(scenario, sact).Over(contest.Time(scenario, bare)))];
        report.Table(
            "In process, over memory: time, processor time and bytes of one request over the bare pipeline",
            ["scenario", .. runners.Skip(1).Select(static runner => runner.Contender.Name), "Sact beside AddSession"],
            Enum.GetValues<Scenario>().Select(scenario => (string[])
            [
                scenario.ToString(),
                .. runners.Skip(1).Select(runner => contest.Has(scenario, runner)
                    ? string.Create(
                        CultureInfo.InvariantCulture,
                        $"{Over(scenario, runner):N0} ns, {CpuOver(scenario, runner):N0} ns CPU, "
                        + $"{contest.Bytes(scenario, runner) - contest.Bytes(scenario, bare):N0} B")
                    : "–"),
                contest.Has(scenario, stock)
                    ? string.Create(
                        CultureInfo.InvariantCulture,
                        $"1/{Ratios(scenario).Median():F1} (1/{Ratios(scenario).Interval().Low:F1} to "
                        + $"1/{Ratios(scenario).Interval().High:F1})")
                    : "–",
            ]));
        report.Bars(
            "in-process",
            "Time over the bare pipeline in ns, over memory",
            from scenario in Enum.GetValues<Scenario>()
            from runner in runners.Skip(1)
            select ($"{scenario}: {runner.Contender.Name}", Over(scenario, runner)));

        void Time(string name, Scenario scenario, double fraction) => report.AskAtLeast(
            name, string.Create(
                CultureInfo.InvariantCulture,
                $"time over bare ≤ 1/{fraction} of AddSession's"), Ratios(scenario).Median(), fraction, "1/{0:F1}");
        void Space(string name, Scenario scenario, double limit) => report.AskAtMost(
            name, string.Create(CultureInfo.InvariantCulture, $"≤ {limit:N0} B over bare"), Math.Round(Bytes(scenario)), limit, "{0:N0} B");
        Time("untouched, memory", Scenario.Untouched, 60);
        Space("untouched, completing at once", Scenario.Untouched, 120);
        Space("untouched, yielding", Scenario.UntouchedYielding, 240);
        Time("read by GetSactSession, memory", Scenario.Read, 10);
        Space("read by GetSactSession (names of fields and texts included)", Scenario.Read, 500);
        Time("read by injection, memory", Scenario.ReadInjected, 7);
        Space("read by injection", Scenario.ReadInjected, 800);
        Time("update, memory", Scenario.Update, 6);
        Space("update with a JsonObject", Scenario.Update, 1500);
        Time("sign-in, memory", Scenario.SignIn, 4);
        Space("sign-in", Scenario.SignIn, 2000);
        report.AskAtMost("sign-in at the full cap of 100", "≤ 2,000 B over bare", Math.Round(capped), 2000, "{0:N0} B");
        Time("sign-out, memory", Scenario.SignOut, 7);
        Space("sign-out", Scenario.SignOut, 500);
        Time("cookieless", Scenario.Cookieless, 40);
        Time("malformed cookie", Scenario.Malformed, 40);
        Time("well-formed forgery", Scenario.Forged, 10);
        foreach (var runner in runners)
        {
            await runner.DisposeAsync();
        }
    }

    private static async Task<double> BytesUnderTheCapAsync(Runner sact, Runner bare)
    {
        Users.Only = "at-the-cap";
        var (signIn, nothing) = (sact.Contender.Endpoint(Scenario.SignIn)!, bare.Contender.Endpoint(Scenario.SignIn)!);
        await sact.MeasureAsync(signIn, new string?[400]);
        double bytes = double.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            bytes = Math.Min(
                bytes,
                (await sact.MeasureAsync(signIn, new string?[500])).Bytes - (await bare.MeasureAsync(nothing, new string?[500])).Bytes);
        }

        return bytes;
    }
}
