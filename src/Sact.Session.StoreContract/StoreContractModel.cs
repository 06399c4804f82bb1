namespace Sact.Session.StoreContract;

/// <summary>
/// Random commands, run against a store and against a plain model of the contract. The commands are creations, changes of every kind, ends,
/// lists, cleanups, and clocks that advance, jump to a deadline and are set back. The sessions are few, so that commands collide.
/// </summary>
public static class StoreContractModel
{
    /// <summary>Runs random commands. The same seed makes the same commands.</summary>
    /// <param name="subject">The store.</param>
    /// <param name="seed">Any number.</param>
    /// <param name="commands">
    /// The number of commands, at least 1. Each is one store call; after every twentieth all sessions are compared.
    /// </param>
    /// <param name="cancellationToken">Stops the run.</param>
    /// <returns>A task that completes when store and model agree after every command.</returns>
    /// <exception cref="StoreContractException">
    /// Store and model disagree. The message has the seed, the number of the command and the last commands.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="commands"/> is below 1.</exception>
    public static async Task RunAsync(
        StoreContractSubject subject, ulong seed, int commands, CancellationToken cancellationToken = default)
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
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                string what = exception is StoreContractException
                    ? exception.Message
                    : $"The store threw {exception.GetType().Name}: {ThrownByTheStore.Message(exception)}";
                throw new StoreContractException(
                    $"With seed {seed}, at command {number}: {what} The last commands: {string.Join("; ", model.Last)}.", exception);
            }
        }
    }
}
