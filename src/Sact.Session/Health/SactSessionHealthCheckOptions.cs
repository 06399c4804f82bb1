namespace Sact.Session;

/// <summary>The limits of the health check of sessions. Beyond one of them the check answers Degraded.</summary>
public sealed class SactSessionHealthCheckOptions
{
    /// <summary>
    /// How long the store may take to answer. Default: 1 second. Range: 1 millisecond to 5 minutes. Sessions take as long: a read of the
    /// check is a read of a session.
    /// </summary>
    public TimeSpan SlowAfter { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How much the clocks of this machine and of the store's server may differ. Default: 1 minute. Range: 1 second to 1 day. From
    /// 10 minutes on no expired session is deleted.
    /// </summary>
    public TimeSpan MaxClockDifference { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How far a replica may be behind. Default: 10 seconds. Range: 1 second to 1 day. A failover loses the sign-outs of that time.
    /// </summary>
    public TimeSpan MaxReplicaLag { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How much of its memory a store may use. Default: 0.9. Range: above 0 to 1. A full store refuses sign-ins.
    /// </summary>
    public double MaxFill { get; set; } = 0.9;

    /// <summary>Refuses a value that is out of its range.</summary>
    internal void Validate()
    {
        Between(SlowAfter, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(5), "1 millisecond and 5 minutes", nameof(SlowAfter));
        Between(
            MaxClockDifference, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1), "1 second and 1 day", nameof(MaxClockDifference));
        Between(MaxReplicaLag, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1), "1 second and 1 day", nameof(MaxReplicaLag));
        if (!(MaxFill > 0 && MaxFill <= 1))
        {
            throw new ArgumentException(
                "MaxFill is out of its range. It must be above 0 and at most 1. Change SactSessionHealthCheckOptions.MaxFill.");
        }
    }

    private static void Between(TimeSpan value, TimeSpan least, TimeSpan most, string range, string option)
    {
        if (value < least || value > most)
        {
            throw new ArgumentException(
                $"{option} is {value}. It must be between {range}. Change SactSessionHealthCheckOptions.{option}.");
        }
    }
}
