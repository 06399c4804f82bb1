namespace Sact.Session;

/// <summary>
/// The result of <see cref="ISactSession.ModifyAsync{T}(string, Func{T, T}, CancellationToken)"/>. It converts to a <see cref="bool"/>, so
/// that <c>if (await session.ModifyAsync(…))</c> reads like <c>UpdateAsync</c>.
/// </summary>
/// <typeparam name="T">The type of the field.</typeparam>
public readonly record struct ModifyResult<T>
{
    internal ModifyResult(T value) => (Succeeded, Value) = (true, value);

    /// <summary>Whether the new value was written. False if nobody is signed in, or no longer is.</summary>
    public bool Succeeded { get; }

    /// <summary>The value that was written; <c>default</c> if none was.</summary>
    public T? Value { get; }

    /// <summary>Whether the new value was written.</summary>
    /// <param name="result">The result.</param>
    public static implicit operator bool(ModifyResult<T> result) => result.Succeeded;

    /// <summary>Whether the new value was written.</summary>
    public bool ToBoolean() => Succeeded;

    /// <summary>Whether the new value was written; never the value.</summary>
    public override string ToString() => Succeeded ? "modified" : "not modified";
}
