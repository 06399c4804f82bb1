using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace Sact.Session;

/// <summary>
/// A script with the name that a server knows it by. A call by the text lets the client compute, look up and load the script, which takes a
/// fifth of the time of the call.
/// </summary>
/// <param name="text">The source.</param>
internal sealed class RedisScript(string text)
{
    // The SHA-1 of the source, as EVALSHA takes it.
    [SuppressMessage("Security", "CA5350:Do Not Use Weak Cryptographic Algorithms", Justification = "Redis names its scripts by it.")]
    private readonly byte[] _hash = SHA1.HashData(Encoding.UTF8.GetBytes(text));

    /// <summary>Runs it on the master: by its name, or by its text, which lets the server keep it.</summary>
    public Task<RedisResult> EvaluateAsync(IDatabase database, RedisKey[] keys, RedisValue[] arguments, bool isKnown) => isKnown
        ? database.ScriptEvaluateAsync(_hash, keys, arguments, CommandFlags.DemandMaster)
        : database.ScriptEvaluateAsync(text, keys, arguments, CommandFlags.DemandMaster | CommandFlags.NoScriptCache);
}
