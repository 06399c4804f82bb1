using System.Collections.Immutable;
using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Editing;
using Microsoft.CodeAnalysis.Simplification;

namespace Sact.Session.Analyzers;

/// <summary>Fixes SACT001: writes <c>ISactSession</c> in place of the wrong type, with its <c>using</c>.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class InjectSactSession : CodeFixProvider
{
    private const string Title = "Inject ISactSession";

    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds => [WrongSessionType.Id];

    /// <inheritdoc/>
    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    /// <inheritdoc/>
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        var root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        if (root?.FindNode(context.Span, getInnermostNodeForTie: true) is TypeSyntax type)
        {
            context.RegisterCodeFix(
                CodeAction.Create(Title, cancellationToken => ReplaceAsync(context.Document, type, cancellationToken), Title),
                context.Diagnostics);
        }
    }

    private static async Task<Document> ReplaceAsync(Document document, TypeSyntax type, CancellationToken cancellationToken)
    {
        var editor = await DocumentEditor.CreateAsync(document, cancellationToken).ConfigureAwait(false);
        var session = editor.SemanticModel.Compilation.GetTypeByMetadataName(SessionTypes.SessionName)!;
        editor.ReplaceNode(type, editor.Generator.TypeExpression(session, addImport: true)
            .WithTriviaFrom(type)
            .WithAdditionalAnnotations(Simplifier.AddImportsAnnotation, Simplifier.Annotation));
        return editor.GetChangedDocument();
    }
}
