namespace Sact.Session.StoreContract;

/// <summary>
/// Random commands, run against a store and against a plain model of the contract (a dictionary and a clock): creations, changes of every kind, renewals, ends, lists, sweeps, clocks that
/// advance, jump to a deadline and go back. The universe is small, so that commands meet.
/// </summary>
public static class StoreContractModel
{
    /// <summary>Runs random commands. The same seed makes the same commands.</summary>
    /// <param name="subject">The store.</param>
    /// <param name="seed">Any number.</param>
    /// <param name="commands">How many; each is one call of the store, and with every twentieth all that is stored is compared.</param>
    /// <param name="cancellationToken">Gives the run up.</param>
    /// <exception cref="StoreContractException">Store and model disagree. The message tells the seed, the number of the command and the last commands.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="commands"/> is below 1.</exception>
    public static async Task RunAsync(StoreContractSubject subject, ulong seed, int commands, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentOutOfRangeException.ThrowIfLessThan(commands, 1);
        var run = await CaseRun.BeginAsync(subject, subject.ServerNow, cancellationToken);
        var model = new ModelRun(run, new SeededNumbers(seed));
        for (int number = 1; number <= commands; number++)
        {
            try
            {
                await model.StepAsync(compareAll: number % 20 == 0 || number == commands);
            }
            catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
            {
                string what = fault is StoreContractException ? fault.Message : $"The store threw {fault.GetType().Name}: {fault.Message}";
                throw new StoreContractException($"With seed {seed}, at command {number}: {what} The last commands: {string.Join("; ", model.Last)}.", fault);
            }
        }
    }
}
