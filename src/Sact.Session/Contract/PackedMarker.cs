namespace Sact.Session.Stores;

/// <summary>
/// The body of a packed marker of format 1: the reason (1 byte), which hashes follow (1 byte), the generation, and the hashes. The time of
/// the last promotion follows the previous one. The header has the time of the end as its deadline, so that the marker is live for nobody.
/// </summary>
internal static class PackedMarker
{
    /// <summary>The most bytes that the body can take: 2, a generation, 3 hashes and a time.</summary>
    public const int MaxLength = 2 + 5 + (3 * SecretHash.Size) + sizeof(long);

    [Flags]
    private enum Parts : byte
    {
        Current = 1,
        Pending = 2,
        Previous = 4,
    }

    public static void Write(SessionEndReason reason, SecretHash current, EndedSecrets others, ref PackedWriter writer)
    {
        var parts = PartsOf(current, others);
        writer.Byte((byte)reason);
        writer.Byte((byte)parts);
        writer.Number((ulong)others.Generation);
        if (parts.HasFlag(Parts.Current))
        {
            writer.Hash(current);
        }

        if (parts.HasFlag(Parts.Pending))
        {
            writer.Hash(others.Pending);
        }

        if (parts.HasFlag(Parts.Previous))
        {
            writer.Hash(others.Previous);
            writer.Time(others.LastPromotedAt.ToTime());
        }
    }

    /// <exception cref="FormatException">The bytes are no marker.</exception>
    public static EndedMarker Read(SessionKey key, RecordHeader header, ReadOnlySpan<byte> body)
    {
        var reader = new PackedReader(body);
        var reason = (SessionEndReason)reader.Byte();
        var parts = (Parts)reader.Byte();
        int generation = reader.Number();
        var current = parts.HasFlag(Parts.Current) ? reader.Hash() : default;
        var others = new EndedSecrets(
            parts.HasFlag(Parts.Pending) ? reader.Hash() : default,
            parts.HasFlag(Parts.Previous) ? reader.Hash() : default,
            parts.HasFlag(Parts.Previous) ? Instant.Of(reader.Time()) : Instant.None,
            generation);
        bool hasOneForm = PartsOf(current, others) == parts && reader.Rest().IsEmpty && header.AbsoluteDeadline == header.ExpiresAt;
        return !Enum.IsDefined(reason) || !hasOneForm || header.UserId is not null
            ? throw new FormatException("The bytes are no marker of an ended session.")
            : new EndedMarker(key, reason, header.ExpiresAt, header.Version, header.LineageHash, current, others);
    }

    private static Parts PartsOf(SecretHash current, EndedSecrets others) =>
        (current.IsDefault ? 0 : Parts.Current)
        | (others.Pending.IsDefault ? 0 : Parts.Pending)
        | (others.Previous.IsDefault ? 0 : Parts.Previous);
}
