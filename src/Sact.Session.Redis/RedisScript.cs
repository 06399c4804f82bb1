using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Sact.Session;

/// <summary>
/// A script with the name that a server knows it by. A call by the text lets the client compute, look up and load the script, which takes a
/// fifth of the time of the call.
/// </summary>
/// <param name="text">The source.</param>
internal sealed class RedisScript(string text)
{
    public string Text { get; } = text;

    /// <summary>The SHA-1 of the source, as <c>EVALSHA</c> takes it.</summary>
    [SuppressMessage("Security", "CA5350:Do Not Use Weak Cryptographic Algorithms", Justification = "Redis names its scripts by it.")]
    public byte[] Hash { get; } = SHA1.HashData(Encoding.UTF8.GetBytes(text));
}
