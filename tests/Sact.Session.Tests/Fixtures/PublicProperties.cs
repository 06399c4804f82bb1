using System.Collections;
using System.Reflection;
using System.Text;

namespace Sact.Session.Tests;

/// <summary>What a logger or a serialiser finds that takes an object apart by its public properties.</summary>
internal static class PublicProperties
{
    private const int MaxDepth = 10;

    /// <summary>The text of an object, and of everything that it leads to.</summary>
    public static string Of(object? root)
    {
        var text = new StringBuilder();
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        Visit(root, 0);
        return text.ToString();

        void Visit(object? value, int depth)
        {
            bool isOther = value is null or MemberInfo or Assembly or Module or Delegate or Thread or Task;
            if (isOther || depth > MaxDepth || (!value!.GetType().IsValueType && !seen.Add(value)))
            {
                return;
            }

            text.Append(value).Append('\n');
            switch (value)
            {
                case ReadOnlyMemory<byte> bytes:
                    text.Append(Encoding.UTF8.GetString(bytes.Span)).Append('\n');
                    return;
                case byte[] bytes:
                    text.Append(Encoding.UTF8.GetString(bytes)).Append('\n');
                    return;
                case string or DateTime or DateTimeOffset or TimeSpan or Type:
                    return;
                case IEnumerable items:
                    foreach (object? item in items)
                    {
                        Visit(item, depth + 1);
                    }

                    break;
            }

            foreach (var property in value.GetType()
                .GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Where(property => property.GetIndexParameters().Length == 0))
            {
                try
                {
                    Visit(property.GetValue(value), depth + 1);
                }
                catch (Exception fault) when (fault is TargetInvocationException or NotSupportedException)
                {
                }
            }
        }
    }
}
