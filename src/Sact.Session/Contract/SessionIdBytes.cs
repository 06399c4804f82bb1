using System.Runtime.CompilerServices;

namespace Sact.Session.Stores;

/// <summary>
/// The 42 bytes of a session id inside the object that holds them. A string would take 96 bytes more in every request that reads a
/// session.
/// </summary>
[InlineArray(SessionIdFormat.ByteLength)]
internal struct SessionIdBytes
{
    private byte _first;
}
