namespace Sact.Session;

/// <summary>What the answer to <see cref="PostgreSqlStatements.Inspect"/> means for the health check.</summary>
internal static class PostgreSqlInspection
{
    public static StoreHealth Judge(object[] row) => new()
    {
        Failures = (bool)row[2] ? ["PostgreSQL takes no writes, so nobody can sign in or out: " + PostgreSqlFaults.Standby] : [],
        StoreTime = DateTimeOffset.FromUnixTimeMilliseconds((long)row[1]),
        ReplicaLag = row[4] is double seconds ? TimeSpan.FromSeconds(seconds) : null,
        Figures = new Dictionary<string, object> { ["standbys"] = row[3] },
    };
}
