using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Sact.Session.StoreContract;

/// <summary>One rule of the contract, and the function that puts a store to it.</summary>
[DebuggerDisplay("{Name,nq}")]
public sealed class StoreContractCase
{
    private readonly Func<CaseRun, Task> _run;
    private readonly TimeSpan _startsBefore;

    internal StoreContractCase(
        string situation,
        Func<CaseRun, Task> run,
        string rule,
        IReadOnlyList<string>? abuse = null,
        TimeSpan startsBefore = default,
        [CallerArgumentExpression(nameof(run))] string fact = "")
    {
        Name = situation + "." + fact;
        Rule = rule;
        Abuse = abuse ?? [];
        _run = run;
        _startsBefore = startsBefore;
    }

    /// <summary>Situation and fact, such as <c>Creation.NeverOverwrites</c>; unique in the suite and kept from version to version.</summary>
    public string Name { get; }

    /// <summary>The rule as one sentence.</summary>
    public string Rule { get; }

    /// <summary>The attacks it repels, by their ids in the project's list of abuse, such as <c>G4</c>; often none.</summary>
    public IReadOnlyList<string> Abuse { get; }

    /// <summary>Puts a store to the rule, under a prefix and user ids of this run's own.</summary>
    /// <param name="subject">The store.</param>
    /// <param name="cancellationToken">Gives the run up.</param>
    /// <exception cref="StoreContractException">The store breaks the rule.</exception>
    /// <exception cref="StoreContractNotApplicableException">The subject lacks a capability that the case needs.</exception>
    /// <exception cref="OperationCanceledException">The run was given up.</exception>
    public async Task RunAsync(StoreContractSubject subject, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(subject);
        var run = await CaseRun.BeginAsync(subject, subject.ServerNow - _startsBefore, cancellationToken);
        try
        {
            await _run(run);
        }
        catch (StoreContractException fault)
        {
            throw new StoreContractException($"{Name}: {fault.Message}", fault.InnerException);
        }
        catch (Exception fault) when (fault is not StoreContractNotApplicableException && !cancellationToken.IsCancellationRequested)
        {
            throw new StoreContractException($"{Name}: the store threw {fault.GetType().Name} where the rule leaves no room for it: {fault.Message}", fault);
        }
    }

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
