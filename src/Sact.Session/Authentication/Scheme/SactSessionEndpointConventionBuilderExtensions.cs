using Sact.Session;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Says of endpoints how they stand to the session.</summary>
public static class SactSessionEndpointConventionBuilderExtensions
{
    /// <summary>Keeps the authentication scheme from reading the session for the endpoint: see <see cref="DisableSactSessionAttribute"/>. For static files: <c>app.MapStaticAssets().DisableSactSession()</c>.</summary>
    /// <typeparam name="TBuilder">The endpoints' builder.</typeparam>
    /// <param name="builder">The endpoints.</param>
    public static TBuilder DisableSactSession<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(static endpoint => endpoint.Metadata.Add(new DisableSactSessionAttribute()));
        return builder;
    }
}
