using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Benchmarks;

/// <summary>
/// The limit of a store: the one hand-written command that finds a record by its key, on the bare pipeline, with nothing checked and
/// nothing made of it.
/// </summary>
internal sealed class LimitContender(string command, Func<Task> read) : Contender
{
    public override string Name => "limit: " + command;

    public override void Register(IServiceCollection services)
    {
    }

    public override void Use(IApplicationBuilder app)
    {
    }

    protected override RequestDelegate? Asking(Scenario scenario) =>
        scenario == Scenario.Read ? _ => read() : static _ => Task.CompletedTask;
}
