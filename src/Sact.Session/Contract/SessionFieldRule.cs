using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Sact.Session.Stores;

/// <summary>What a field's name and value, and a user id, may be. Checked once, in the core, before anything is written.</summary>
internal static class SessionFieldRule
{
    public const int MaxNameLength = 128;
    public const int MaxDepth = 32;
    public const int MaxUserIdBytes = 256;

    private static readonly SearchValues<byte> s_plain = SearchValues.Create(" !#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~"u8);

    /// <summary>Whether a name in UTF-8 keeps every rule at first sight; most do. Of another nothing is known yet.</summary>
    public static bool IsPlainName(ReadOnlySpan<byte> utf8) => utf8.Length is > 0 and <= MaxNameLength && utf8[0] != (byte)'$' && !utf8.ContainsAnyExcept(s_plain);

    /// <summary>What is wrong with a name, as the end of a sentence that begins with "A field's name "; null if nothing is.</summary>
    public static string? ValidateName(ReadOnlySpan<char> name, bool allowReserved)
    {
        if (name.Length is 0 or > MaxNameLength)
        {
            return "has 1 to 128 characters.";
        }

        foreach (char c in name)
        {
            if (char.IsControl(c))
            {
                return "has no control characters.";
            }
        }

        if (!IsWellFormed(name))
        {
            return "is well-formed Unicode; this one has a lone surrogate.";
        }

        return !allowReserved && name[0] == '$' ? "does not begin with '$', which is the library's own." : null;
    }

    public static void ThrowIfBadName(string name, bool allowReserved, string parameter)
    {
        ArgumentNullException.ThrowIfNull(name, parameter);
        if (ValidateName(name, allowReserved) is { } fault)
        {
            throw new ArgumentException("A field's name " + fault, parameter);
        }
    }

    public static string? ValidateUserId(ReadOnlySpan<char> userId)
    {
        if (userId.IsEmpty)
        {
            return "is not empty.";
        }

        if (userId.Contains('\0'))
        {
            return "has no NUL character.";
        }

        if (!IsWellFormed(userId))
        {
            return "is well-formed Unicode; this one has a lone surrogate.";
        }

        return userId.Length > MaxUserIdBytes || Encoding.UTF8.GetByteCount(userId) > MaxUserIdBytes ? "has at most 256 bytes in UTF-8." : null;
    }

    public static void ThrowIfBadUserId(string userId, string parameter)
    {
        ArgumentNullException.ThrowIfNull(userId, parameter);
        if (ValidateUserId(userId) is { } fault)
        {
            throw new ArgumentException("A user id " + fault, parameter);
        }
    }

    public static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        for (int i = text.IndexOfAnyInRange('\ud800', '\udfff'); i >= 0 && i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
            {
                return false;
            }

            i++;
        }

        return true;
    }

    /// <summary>
    /// What is wrong with a value, as the end of a sentence that begins with "A field's value "; null if it is one JSON value without surrounding
    /// space, at most 32 deep, without a duplicate name at any depth, whose strings are well-formed.
    /// </summary>
    public static string? ValidateValue(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
        {
            return "is well-formed UTF-8.";
        }

        if (json.IsEmpty || IsSpace(json[0]) || IsSpace(json[^1]))
        {
            return "is one JSON value without space around it.";
        }

        // An object's names so far, one set for each open object; arrays push null so that the two kinds close alike.
        Stack<HashSet<string>?>? open = null;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth + 1 });
        try
        {
            while (reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.StartObject or JsonTokenType.StartArray:
                        open ??= new();
                        open.Push(reader.TokenType == JsonTokenType.StartObject ? new HashSet<string>(StringComparer.Ordinal) : null);
                        if (open.Count > MaxDepth)
                        {
                            return "is nested at most 32 deep.";
                        }

                        break;
                    case JsonTokenType.EndObject or JsonTokenType.EndArray:
                        open!.Pop();
                        break;
                    case JsonTokenType.PropertyName:
                        if (!open!.Peek()!.Add(reader.GetString()!))
                        {
                            return "has no name twice in one object.";
                        }

                        break;
                    case JsonTokenType.String when reader.ValueIsEscaped:
                        CheckEscapes(ref reader);
                        break;
                }
            }

            return null;
        }
        catch (JsonException)
        {
            return "is one valid JSON value.";
        }
        catch (InvalidOperationException)
        {
            // What the reader throws for an escaped lone surrogate.
            return "is well-formed Unicode; this one has a lone surrogate.";
        }
    }

    private static void CheckEscapes(ref Utf8JsonReader reader)
    {
        byte[] room = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
        try
        {
            reader.CopyString(room);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(room);
        }
    }

    private static bool IsSpace(byte b) => b is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';
}
