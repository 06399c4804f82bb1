using Microsoft.Extensions.Primitives;

namespace Sact.Session.Benchmarks;

/// <summary>Contenders taking turns, A B C B C A …, so that whatever else the machine does falls on all of them alike.</summary>
internal sealed class Contest(IReadOnlyList<Runner> runners, int rounds, int requests)
{
    private readonly Dictionary<(Scenario Scenario, string Name), List<Figures>> _figures = [];

    public IEnumerable<double> Time(Scenario scenario, Runner runner) => Of(scenario, runner).Select(static figures => figures.Nanoseconds);

    public IEnumerable<double> Cpu(Scenario scenario, Runner runner) => Of(scenario, runner).Select(static figures => figures.Cpu);

    /// <summary>The least of the rounds: the process does other things too.</summary>
    public double Bytes(Scenario scenario, Runner runner) =>
        Of(scenario, runner).Select(static figures => figures.Bytes).DefaultIfEmpty(double.NaN).Min();

    public bool Has(Scenario scenario, Runner runner) => Of(scenario, runner).Count > 0;

    public IReadOnlyList<Figures> Of(Scenario scenario, Runner runner) =>
        _figures.GetValueOrDefault((scenario, runner.Contender.Name)) ?? [];

    /// <summary>Runs a scenario; signing in and signing out are one, since the one makes what the other ends.</summary>
    public async Task RunAsync(Scenario scenario, Func<Runner, Task<string>>? signIn = null)
    {
        var cookies = new Dictionary<Runner, string>();
        foreach (var runner in runners)
        {
            cookies[runner] = await (signIn?.Invoke(runner) ?? runner.SignedInAsync());
            await WarmAsync(runner, scenario, cookies[runner]);
        }

        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < runners.Count; i++)
            {
                await TurnAsync(
                    runners[(i + round) % runners.Count], scenario, cookies[runners[(i + round) % runners.Count]], requests, keep: true);
            }
        }
    }

    // Tiered compilation wants thirty calls, a pause, and then some more.
    private async Task WarmAsync(Runner runner, Scenario scenario, string cookie)
    {
        for (int i = 0; i < 8; i++)
        {
            await TurnAsync(runner, scenario, cookie, Math.Max(requests / 4, 64), keep: false);
            await Task.Delay(120);
        }
    }

    private async Task TurnAsync(Runner runner, Scenario scenario, string cookie, int count, bool keep)
    {
        if (runner.Contender.Endpoint(scenario) is not { } endpoint)
        {
            return;
        }

        if (scenario == Scenario.SignIn)
        {
            var answers = new StringValues[count];
            var signIn = await runner.MeasureAsync(endpoint, new string?[count], answers);
            string?[] sent = [.. answers.Select(answer => Runner.CookieOf(answer) ?? cookie)];
            var signOut = await runner.MeasureAsync(runner.Contender.Endpoint(Scenario.SignOut)!, sent);
            if (keep)
            {
                Keep(Scenario.SignIn, runner, signIn);
                Keep(Scenario.SignOut, runner, signOut);
            }

            return;
        }

        string? presented = scenario switch
        {
            Scenario.Cookieless => null,
            Scenario.Malformed => runner.Contender.Malformation(cookie),
            Scenario.Forged => runner.Contender.Forgery(cookie) ?? cookie,
            _ => cookie,
        };
        var figures = await runner.MeasureAsync(endpoint, [.. Enumerable.Repeat(presented, count)]);
        if (keep)
        {
            Keep(scenario, runner, figures);
        }
    }

    private void Keep(Scenario scenario, Runner runner, Figures figures)
    {
        if (!_figures.TryGetValue((scenario, runner.Contender.Name), out var list))
        {
            _figures[(scenario, runner.Contender.Name)] = list = [];
        }

        list.Add(figures);
    }
}
