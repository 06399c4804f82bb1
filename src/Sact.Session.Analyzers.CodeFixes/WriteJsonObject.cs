using System.Collections.Immutable;
using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Editing;
using Microsoft.CodeAnalysis.Simplification;

namespace Sact.Session.Analyzers;

/// <summary>
/// Fixes SACT005, and IL2026 and IL3050 of .NET where they are about the session: writes an anonymous type as a <c>JsonObject</c>.
/// </summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class WriteJsonObject : CodeFixProvider
{
    private const string Title = "Pass a JsonObject";

    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds => [ReflectionUnderAot.Id, "IL2026", "IL3050"];

    /// <inheritdoc/>
    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    /// <inheritdoc/>
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        var root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        var model = await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false);
        var call = root?.FindNode(context.Span, getInnermostNodeForTie: true).FirstAncestorOrSelf<InvocationExpressionSyntax>();
        if (model is null || call is null
            || SessionTypes.Find(model.Compilation) is not { } types
            || model.GetSymbolInfo(call, context.CancellationToken).Symbol is not IMethodSymbol method
            || !types.IsOfSession(method))
        {
            return;
        }

        var written = call.ArgumentList.Arguments.Select(argument => argument.Expression).OfType<AnonymousObjectCreationExpressionSyntax>();
        if (written.FirstOrDefault() is { } fields && CanBeJson(fields, model, context.CancellationToken))
        {
            context.RegisterCodeFix(
                CodeAction.Create(Title, cancellationToken => ReplaceAsync(context.Document, fields, cancellationToken), Title),
                context.Diagnostics);
        }
    }

    // The serializer writes "Theme" as "theme". A JsonObject keeps the name, so a name that would differ is left to the user.
    private static bool CanBeJson(
        AnonymousObjectCreationExpressionSyntax fields, SemanticModel model, CancellationToken cancellationToken) =>
        model.Compilation.GetTypeByMetadataName("System.Text.Json.Nodes.JsonNode") is { } json
        && fields.Initializers.All(field =>
            model.GetDeclaredSymbol(field, cancellationToken) is { Name: var name }
            && char.IsLower(name[0])
            && model.ClassifyConversion(field.Expression, json) is { IsImplicit: true });

    private static async Task<Document> ReplaceAsync(
        Document document, AnonymousObjectCreationExpressionSyntax fields, CancellationToken cancellationToken)
    {
        var editor = await DocumentEditor.CreateAsync(document, cancellationToken).ConfigureAwait(false);
        var json = editor.SemanticModel.Compilation.GetTypeByMetadataName("System.Text.Json.Nodes.JsonObject")!;
        var type = (TypeSyntax)editor.Generator.TypeExpression(json, addImport: true)
            .WithAdditionalAnnotations(Simplifier.AddImportsAnnotation, Simplifier.Annotation);
        var entries = fields.Initializers.Select(field =>
            $"[\"{editor.SemanticModel.GetDeclaredSymbol(field, cancellationToken)!.Name}\"] = {field.Expression}");
        var written = (ObjectCreationExpressionSyntax)SyntaxFactory.ParseExpression($"new T {{ {string.Join(", ", entries)} }}");
        editor.ReplaceNode(fields, written.WithType(type.WithTrailingTrivia(SyntaxFactory.Space)).WithTriviaFrom(fields));
        return editor.GetChangedDocument();
    }
}
