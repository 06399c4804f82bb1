using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Sact.Session.Tests;

namespace Sact.Session.Docs.Tests;

/// <summary>The messages that the source gives to exceptions, with <c>…</c> in place of what varies.</summary>
internal static partial class MessagesOfTheSource
{
    /// <summary>Packages whose messages a user of the library can meet.</summary>
    private static readonly string[] s_packages =
    [
        "Sact.Session",
        "Sact.Session.Sqlite",
        "Sact.Session.PostgreSql",
        "Sact.Session.Redis",
        "Sact.Session.EntityFrameworkCore",
        "Sact.Session.OpenIdConnect",
        "Sact.Session.Aspire",
        "Sact.Session.Aspire.Redis",
        "Sact.Session.Aspire.PostgreSql",
        "Sact.Session.Testing",
        "Sact.Session.Tool",
    ];

    /// <summary>Each message with its package and the type of its exception.</summary>
    public static IReadOnlyList<(string Package, string Exception, string Message)> All { get; } = [.. s_packages.SelectMany(Of)];

    private static IEnumerable<(string Package, string Exception, string Message)> Of(string package) =>
        Directory.EnumerateFiles(Path.Combine(Checkout.Root, "src", package), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin"))
            .Order(StringComparer.Ordinal)
            .SelectMany(file => OfFile(File.ReadAllText(file)))
            .Select(found => (package, found.Exception, found.Message))
            .Distinct();

    /// <summary>The messages of exceptions that a file creates.</summary>
    public static IEnumerable<(string Exception, string Message)> OfFile(string source) =>
        CSharpSyntaxTree.ParseText(source).GetRoot().DescendantNodes().OfType<BaseObjectCreationExpressionSyntax>()
            .Select(creation => (Type: TypeOf(creation), creation.ArgumentList))
            .Where(creation => creation.Type.EndsWith("Exception", StringComparison.Ordinal))
            .SelectMany(creation => (creation.ArgumentList?.Arguments ?? [])
                .Select(argument => (creation.Type, Shown(argument.Expression))))
            .Where(found => Sentence().IsMatch(found.Item2));

    // "new(…)" has the type that its method returns.
    private static string TypeOf(BaseObjectCreationExpressionSyntax creation) => creation switch
    {
        ObjectCreationExpressionSyntax named => named.Type.ToString(),
        { Parent: ArrowExpressionClauseSyntax { Parent: MethodDeclarationSyntax method } } => method.ReturnType.ToString(),
        { Parent: ReturnStatementSyntax statement } =>
            statement.FirstAncestorOrSelf<MethodDeclarationSyntax>()?.ReturnType.ToString() ?? "",
        _ => "",
    };

    private static string Shown(ExpressionSyntax expression) => expression switch
    {
        LiteralExpressionSyntax { Token.Value: string text } => text,
        InterpolatedStringExpressionSyntax interpolated => string.Concat(interpolated.Contents.Select(part => part switch
        {
            InterpolatedStringTextSyntax text => text.TextToken.ValueText,
            _ => "…",
        })),
        BinaryExpressionSyntax { RawKind: (int)SyntaxKind.AddExpression } sum => Shown(sum.Left) + Shown(sum.Right),
        ParenthesizedExpressionSyntax inner => Shown(inner.Expression),
        InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.Text: "Create" } } call =>
            Shown(call.ArgumentList.Arguments[^1].Expression),
        _ => "…",
    };

    // Two words at least in a row: "… …" alone is no text of the source.
    [GeneratedRegex(@"\p{L}+ \p{L}+.*[.…]$")]
    private static partial Regex Sentence();
}
