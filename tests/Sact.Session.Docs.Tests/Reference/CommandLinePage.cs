using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Sact.Session.Tests;

namespace Sact.Session.Docs.Tests;

/// <summary>The page of the command line has every command and option of the source, and no other one.</summary>
public sealed partial class CommandLinePage
{
    private const string Path = "docs/how-to/command-line.md";

    // Of System.CommandLine, and of "dotnet tool install".
    private static readonly string[] s_others = ["--help", "--global"];

    [Fact]
    public void HasEveryCommand() => Faults.None(Commands()
        .Where(command => !PagesOfTheRepository.Of(Path).Text.Contains($"| `{command}", StringComparison.Ordinal))
        .Select(command => $"{Path} lacks the command {command}"));

    [Fact]
    public void HasEveryOption() => Faults.None(Options().Except(OptionsOfThePage()).Select(option => $"{Path} lacks {option}"));

    [Fact]
    public void HasNoOptionThatTheSourceLacks() => Faults.None(
        OptionsOfThePage().Except(Options()).Except(s_others).Select(option => $"{Path} has {option}, and the source lacks it"));

    /// <summary>Without these two the others could hold because nothing is seen.</summary>
    [Fact]
    public void OptionsOfTheSourceAreSeen() => Assert.Superset(new HashSet<string>(["--store", "--created-from", "--yes"]), Options());

    [Fact]
    public void CommandsOfTheSourceAreSeen() => Assert.Superset(new HashSet<string>(["list", "end", "copy"]), Commands());

    private static HashSet<string> Commands() => Literals()
        .Where(literal => literal.Parent is ArgumentSyntax { Parent.Parent: ObjectCreationExpressionSyntax { Type: var type } }
            && type.ToString() == "Command" && !literal.Token.ValueText.Contains(' ', StringComparison.Ordinal))
        .Select(literal => literal.Token.ValueText)
        .ToHashSet(StringComparer.Ordinal);

    private static HashSet<string> Options() =>
        Literals().Select(literal => literal.Token.ValueText).Where(text => Option().Match(text) is { Success: true } match
            && match.Length == text.Length).ToHashSet(StringComparer.Ordinal);

    private static HashSet<string> OptionsOfThePage() =>
        Option().Matches(PagesOfTheRepository.Of(Path).Text).Select(match => match.Value).ToHashSet(StringComparer.Ordinal);

    private static IEnumerable<LiteralExpressionSyntax> Literals() =>
        Directory.EnumerateFiles(System.IO.Path.Combine(Checkout.Root, "src", "Sact.Session.Tool"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Split(System.IO.Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin"))
            .SelectMany(file => CSharpSyntaxTree.ParseText(File.ReadAllText(file)).GetRoot().DescendantNodes())
            .OfType<LiteralExpressionSyntax>()
            .Where(literal => literal.IsKind(SyntaxKind.StringLiteralExpression));

    // "|--" in a table is no option.
    [GeneratedRegex("(?<![-|])--[a-z][a-z-]+")]
    private static partial Regex Option();
}
