// Installed from the packed package: registers, signs in over HTTP on loopback, reads, signs out. The mistakes at the end must be
// reported by the analyzers of the package. Then the packed command line is installed. Exits 0 if all of it works.
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Sact.Session;

var builder = WebApplication.CreateSlimBuilder();
builder.WebHost.UseUrls("http://127.0.0.1:0");
builder.Services.AddSactSession();
var app = builder.Build();
app.UseSactSession();
app.MapPost("/login", async (ISession<IGenericStore> session) => { await session.SetAsync("alice", new() { ["role"] = "admin" }); });
app.MapGet(
    "/me",
    async (ISession<IGenericStore> session) =>
        await session.GetAsync() is { } me ? Results.Text($"{me.UserId} {me["role"]}") : Results.Unauthorized());
app.MapPost("/logout", async (ISession<IGenericStore> session) => await session.DeleteAsync());
await app.StartAsync();

using var client = new HttpClient(new HttpClientHandler { UseCookies = false }) { BaseAddress = new Uri(app.Urls.First()) };
string cookie = (await client.PostAsync("/login", null)).Headers.GetValues("Set-Cookie").Single().Split(';')[0];
async Task<string> Me()
{
    using var request = new HttpRequestMessage(HttpMethod.Get, "/me");
    request.Headers.Add("Cookie", cookie);
    using var response = await client.SendAsync(request);
    return response.IsSuccessStatusCode ? await response.Content.ReadAsStringAsync() : $"{(int)response.StatusCode}";
}

string signedIn = await Me();
using var logout = new HttpRequestMessage(HttpMethod.Post, "/logout");
logout.Headers.Add("Cookie", cookie);
await client.SendAsync(logout);
string signedOut = await Me();
await app.StopAsync();
string Known(string name) =>
    typeof(WrongCart).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(one => one.Key == name).Value!;
string log = File.ReadAllText(Known("Alarms"));
string alarms = string.Join(' ', Regex.Matches(log, "\"ruleId\": \"(SACT[0-9]+)\"").Select(match => match.Groups[1].Value).Order());
string tool = await PackedTool.RunAsync(Known("Root"));
Console.WriteLine($"signed in: {signedIn}; signed out: {signedOut}; alarms: {alarms}; tool: {tool}");
return (signedIn, signedOut, alarms, tool)
    == ("alice admin", "401", "SACT001 SACT005", "signed-in 1, 200, Ended 1 session., 401") ? 0 : 1;

// SACT001: the type of the framework. SACT005: an anonymous type, in a native project without the warnings of .NET.
internal sealed class WrongCart(Microsoft.AspNetCore.Http.ISession session, ISactSession own)
{
    public string Name => session.Id;

    public Task SaveAsync() => own.SetAsync("alice", new { theme = "dark" }).AsTask();
}
