using System.Text;

namespace Sact.Session.StoreContract;

/// <summary>Names, values and user ids that some store's representation cannot hold.</summary>
internal static class AwkwardText
{
    /// <summary>Valid user ids, each a different user.</summary>
    public static IReadOnlyList<string> UserIds { get; } =
    [
        "a", "A", "a ", " a", "a*", "*", "?", "%", "_", "a_b", "axb", "a:b", "a:", ":a", "user_id:a", "{a}", "}{", "[a]",
        "'; DROP TABLE session; --", "\"a\"", "back\\slash", "a\tb", "a\nb", "a/b/../c", "$a", "0", "00", "1e3", "null", "true", "é",
        "e\u0301", "ß", "SS", "İ", "ı", "日本語", "👩‍👩‍👧", "\u200b", "\ufeffa", "\uffff", new('x', 256), new('é', 128),
        string.Concat( Enumerable.Repeat("👍", 64)),
    ];

    /// <summary>Field names, each a different field.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "name", "Name", "NAME", "NamE", "a.b", "a", "b", ".", "..", "a..b", "$.a", "$x", "$claims", "$http.cart", "{a}", "{{", "}", "[0]",
        "0", "-1", "\"", "\"quoted\"", "'", "''", "`", "\\", "\\u0041", "\\\"", " ", "  ", " a", "a ", "__proto__", "constructor",
        "toString", "null", "true", "id", "user", "state", "fields", "key", "a,b", "a=b", "a:b", "a;b", "a/b", "*", "%", "_", "?", "#", "é",
        "e\u0301", "ﬀ", "日本", "👍", "\ud83d\udc4d\ufe0f", "\u200b", "\ufeff", "\uffff", "\u2028", new('n', 128), new('é', 128),
        string.Concat(Enumerable.Repeat("👍", 64)),
    ];

    /// <summary>Field values: JSON that a store must return byte for byte.</summary>
    public static IReadOnlyList<string> Values { get; } =
    [
        "null", "true", "false", "0", "-0", "-0.0", "1", "1.0", "1.00", "1e0", "1E+0", "1e20000", "-1e-20000", "0.1", "9007199254740993",
        "-9223372036854775809", "18446744073709551616", "3.141592653589793238462643383279502884197169399375", "\"\"", "\"\\u0000\"",
        "\"a\\u0000b\"", "\"\\u0041\"", "\"A\"", "\"\\/\"", "\"/\"", "\"\\n\"", "\"\\ud83d\\udc4d\"", "\"👍\"", "\"é\"", "\"e\u0301\"",
        "\"\u2028\"", "\"\ufeff\"", "\"<script>&amp;'\"", "\"null\"", "\"2026-01-01T00:00:00Z\"", "[]", "{}", "[ ]", "{ }", "[null,null]",
        "[1,2,3]", "[1, 2,\t3]", "{\"b\":1,\"a\":2}", "{\"a\":2,\"b\":1}", "{\"a\" : 1}", "{\"a\":null}", "{\"\":0}", "{\"a\":{},\"A\":{}}",
        "{\"__proto__\":{\"x\":1}}", "{\"$type\":\"System.Object\"}", "{\"k\":\n[1]}", Nested(32), "\"" + new string('x', 1000) + "\"",
    ];

    /// <summary>64 KiB of one string.</summary>
    public static string Large { get; } = "\"" + new string('v', (64 * 1024) - 2) + "\"";

    private static string Nested(int depth)
    {
        var text = new StringBuilder();
        for (int i = 0; i < depth; i++)
        {
            text.Append(i % 2 == 0 ? "[" : "{\"k\":");
        }

        text.Append('1');
        for (int i = depth - 1; i >= 0; i--)
        {
            text.Append(i % 2 == 0 ? ']' : '}');
        }

        return text.ToString();
    }
}
