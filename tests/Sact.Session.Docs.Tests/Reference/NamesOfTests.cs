using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Sact.Session.StoreContract;
using Sact.Session.Tests;

namespace Sact.Session.Docs.Tests;

/// <summary>The tests of the repository and the cases of the store contract, as a page names them.</summary>
internal static class NamesOfTests
{
    /// <summary><c>Class.Method</c> of each test, and <c>Group.Case</c> of each case.</summary>
    public static IReadOnlySet<string> All { get; } = Directory
        .EnumerateFiles(Path.Combine(Checkout.Root, "tests"), "*.cs", SearchOption.AllDirectories)
        .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin"))
        .SelectMany(file => OfFile(File.ReadAllText(file)))
        .Concat(StoreContractSuite.Cases.Select(contract => contract.Name))
        .ToHashSet(StringComparer.Ordinal);

    /// <summary>The tests that a file has. A test of an abstract class runs under other names.</summary>
    public static IEnumerable<string> OfFile(string source) => CSharpSyntaxTree.ParseText(source).GetRoot().DescendantNodes()
        .OfType<ClassDeclarationSyntax>()
        .Where(type => !type.Modifiers.Any(SyntaxKind.AbstractKeyword))
        .SelectMany(type => type.Members.OfType<MethodDeclarationSyntax>()
            .Where(method => method.AttributeLists.SelectMany(list => list.Attributes).Any(IsTest))
            .Select(method => $"{type.Identifier.Text}.{method.Identifier.Text}"));

    private static bool IsTest(AttributeSyntax attribute) => attribute.Name.ToString() is "Fact" or "Theory";
}
