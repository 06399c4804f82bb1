namespace Sact.Session.Scoreboard;

/// <summary>A library in one configuration.</summary>
internal abstract class Contender
{
    /// <summary>The name, as the table has it.</summary>
    public abstract string Name { get; }

    /// <summary>Where the configuration comes from, in one sentence.</summary>
    public abstract string Configuration { get; }

    public virtual bool IsSact => false;

    /// <summary>Starts an application.</summary>
    /// <param name="withFaults">Whether its store must be able to fail, and its ids to repeat.</param>
    /// <exception cref="InvalidOperationException">It cannot run here, with the reason.</exception>
    public abstract Task<Application> StartAsync(bool withFaults);
}
