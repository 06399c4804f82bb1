using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Sact.Session.Analyzers;

/// <summary>Finds the call behind what is awaited or dropped.</summary>
internal static class Awaiting
{
    /// <summary>The call whose task an expression is, through <c>AsTask()</c>, <c>ConfigureAwait()</c> and <c>?.</c>.</summary>
    /// <param name="expression">The expression.</param>
    public static IInvocationOperation? CallOf(IOperation? expression)
    {
        while (true)
        {
            switch (expression)
            {
                case IInvocationOperation { TargetMethod.Name: "AsTask" or "ConfigureAwait" or "Preserve", Instance: { } task }
                    when IsTask(task.Type):
                    expression = task;
                    break;
                case IInvocationOperation call:
                    return call;
                case IConditionalAccessOperation access:
                    expression = access.WhenNotNull;
                    break;
                case IConversionOperation conversion:
                    expression = conversion.Operand;
                    break;
                default:
                    return null;
            }
        }
    }

    /// <summary>Whether the type is a <c>Task</c> or a <c>ValueTask</c>, with or without a result.</summary>
    /// <param name="type">The type.</param>
    public static bool IsTask(ITypeSymbol? type) =>
        type is { Name: "Task" or "ValueTask", ContainingNamespace: { Name: "Tasks", ContainingNamespace.Name: "Threading" } };
}
