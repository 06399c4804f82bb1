using System.Collections.Immutable;
using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Sact.Session.Analyzers;

/// <summary>Fixes SACT006 in an async function: awaits the call.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class AwaitTheCall : CodeFixProvider
{
    private const string Title = "Await the call";

    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds => [ForgottenAwait.Id];

    /// <inheritdoc/>
    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    /// <inheritdoc/>
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        var root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        var node = root?.FindNode(context.Span, getInnermostNodeForTie: true);
        if (root is null || node is null || !IsInAsync(node))
        {
            return;
        }

        var dropped = node is ExpressionStatementSyntax statement ? statement.Expression : node as ExpressionSyntax;
        var call = dropped is AssignmentExpressionSyntax assignment ? assignment.Right : dropped;

        // The task of "session?.DeleteAsync()" may be null, and null cannot be awaited.
        if (dropped is not null && call is InvocationExpressionSyntax)
        {
            var awaited = SyntaxFactory.AwaitExpression(
                SyntaxFactory.Token(SyntaxKind.AwaitKeyword).WithTrailingTrivia(SyntaxFactory.Space),
                call.WithoutTrivia()).WithTriviaFrom(dropped);
            context.RegisterCodeFix(
                CodeAction.Create(
                    Title, _ => Task.FromResult(context.Document.WithSyntaxRoot(root.ReplaceNode(dropped, awaited))), Title),
                context.Diagnostics);
        }
    }

    // Statements at the top level become async by their first await.
    private static bool IsInAsync(SyntaxNode node) =>
        node.Ancestors().FirstOrDefault(ancestor =>
            ancestor is AnonymousFunctionExpressionSyntax or LocalFunctionStatementSyntax or BaseMethodDeclarationSyntax
                or AccessorDeclarationSyntax or GlobalStatementSyntax) switch
        {
            AnonymousFunctionExpressionSyntax function => !function.AsyncKeyword.IsKind(SyntaxKind.None),
            LocalFunctionStatementSyntax function => function.Modifiers.Any(SyntaxKind.AsyncKeyword),
            BaseMethodDeclarationSyntax method => method.Modifiers.Any(SyntaxKind.AsyncKeyword),
            GlobalStatementSyntax => true,
            _ => false,
        };
}
