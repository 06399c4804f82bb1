using Microsoft.AspNetCore.SignalR;

namespace Sact.Session;

/// <summary>What is known of the hub behind interactive server components, which is internal to the framework.</summary>
internal static class BlazorHub
{
    private const string Name = "Microsoft.AspNetCore.Components.Server.ComponentHub";

    /// <summary>Whether an invocation begins a circuit, or connects one again: with another request, and maybe another user.</summary>
    public static bool BeginsCircuit(HubInvocationContext invocation) =>
        Is(invocation.Hub) && invocation.HubMethodName is "StartCircuit" or "ResumeCircuit" or "ConnectCircuit";

    /// <summary>
    /// Whether an invocation is a sign of its user. A browser also calls the hub for each render, which a live page has without a user.
    /// </summary>
    public static bool IsUse(HubInvocationContext invocation) =>
        !Is(invocation.Hub) || invocation.HubMethodName is "BeginInvokeDotNetFromJS" or "OnLocationChanged";

    public static bool Is(Hub hub) => hub.GetType().FullName == Name;
}
