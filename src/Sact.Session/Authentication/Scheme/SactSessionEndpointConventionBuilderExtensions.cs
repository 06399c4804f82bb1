using Sact.Session;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Sets how endpoints use the session.</summary>
public static class SactSessionEndpointConventionBuilderExtensions
{
    /// <summary>
    /// Keeps the authentication scheme from reading the session for these endpoints. <see cref="DisableSactSessionAttribute"/> has the same
    /// effect and describes it.
    /// </summary>
    /// <typeparam name="TBuilder">The type of the endpoints' builder.</typeparam>
    /// <param name="builder">The endpoints.</param>
    /// <returns>The same builder.</returns>
    /// <example><code>app.MapStaticAssets().DisableSactSession();</code></example>
    public static TBuilder DisableSactSession<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(static endpoint => endpoint.Metadata.Add(new DisableSactSessionAttribute()));
        return builder;
    }
}
