using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;

namespace Sact.Session;

/// <summary>Adds the filter to all hubs. It does nothing for a hub without <c>CloseWhenSessionEnds()</c>.</summary>
internal sealed class HubFilterSetup : IConfigureOptions<HubOptions>
{
    public void Configure(HubOptions options) => options.AddFilter(new ClosingHubFilter());
}
