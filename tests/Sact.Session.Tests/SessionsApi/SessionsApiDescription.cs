using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>The API description from which every OpenAPI package makes its document.</summary>
public sealed class SessionsApiDescription
{
    [Fact]
    public async Task ListsOperationsStatusCodesAndTheKey()
    {
        await using var site = await SessionsApi.StartAsync(build: builder => builder.Services.AddEndpointsApiExplorer());
        var described = site.Services.GetRequiredService<IApiDescriptionGroupCollectionProvider>().ApiDescriptionGroups.Items
            .SelectMany(group => group.Items)
            .Where(api => api.RelativePath!.StartsWith("account/sessions", StringComparison.Ordinal))
            .ToDictionary(api => $"{api.HttpMethod} {api.RelativePath!.TrimEnd('/')}");

        Assert.Equal(["DELETE account/sessions", "DELETE account/sessions/{key}", "GET account/sessions"], described.Keys.Order());
        Assert.Equal([200, 401], Statuses(described["GET account/sessions"]));
        Assert.Equal([200, 401, 403], Statuses(described["DELETE account/sessions"]));
        Assert.Equal([204, 401, 403, 404], Statuses(described["DELETE account/sessions/{key}"]));
        var key = Assert.Single(described["DELETE account/sessions/{key}"].ParameterDescriptions);
        Assert.Equal(("key", BindingSource.Path, typeof(string)), (key.Name, key.Source, key.Type));
        Assert.Empty(described["GET account/sessions"].ParameterDescriptions);
    }

    private static IEnumerable<int> Statuses(ApiDescription api) =>
        api.SupportedResponseTypes.Select(response => response.StatusCode).Order();
}
