using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Sact.Session.StoreContract;

/// <summary>One rule of the contract, with the test that checks a store against it.</summary>
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

    /// <summary>
    /// Situation and fact, such as <c>Creation.NeverOverwrites</c>. The name is unique, and stays the same in later versions.
    /// </summary>
    public string Name { get; }

    /// <summary>The rule in one or two sentences.</summary>
    public string Rule { get; }

    /// <summary>
    /// The attacks that the rule prevents, by their ids in the project's list of abuse cases, such as <c>G4</c>; often none.
    /// </summary>
    public IReadOnlyList<string> Abuse { get; }

    /// <summary>Checks a store against the rule, under a new prefix and with new user ids.</summary>
    /// <param name="subject">The store.</param>
    /// <param name="cancellationToken">Stops the run.</param>
    /// <returns>A task that completes when the store keeps the rule.</returns>
    /// <exception cref="StoreContractException">The store breaks the rule.</exception>
    /// <exception cref="StoreContractNotApplicableException">The subject lacks a capability that the case needs.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public async Task RunAsync(StoreContractSubject subject, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(subject);
        var run = await CaseRun.BeginAsync(subject, subject.ServerNow - _startsBefore, cancellationToken);
        try
        {
            await _run(run);
        }
        catch (StoreContractException exception)
        {
            throw new StoreContractException($"{Name}: {exception.Message} The rule: {Rule}", exception.InnerException);
        }
        catch (Exception exception)
            when (exception is not StoreContractNotApplicableException && !cancellationToken.IsCancellationRequested)
        {
            throw new StoreContractException(
                $"{Name}: The store threw {exception.GetType().Name}, which the rule does not allow: "
                + $"{ThrownByTheStore.Message(exception)} The rule: {Rule}",
                exception);
        }
    }

    /// <summary>Gets the name.</summary>
    /// <returns><see cref="Name"/>.</returns>
    public override string ToString() => Name;
}
