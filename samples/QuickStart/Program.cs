using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Sact.Session;

var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
builder.Services.AddProblemDetails();
builder.Services.ConfigureHttpJsonOptions(o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, Json.Default));
builder.Services.ConfigureHttpJsonOptions(o => o.SerializerOptions.AllowDuplicateProperties = false);
builder.Services.Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = false);
var sessions = builder.Services.AddSactSession(builder.Configuration.GetSection("Sessions"));
switch (builder.Configuration["store"] ?? "memory", builder.Configuration["connection"])
{
    case ("memory", _): break;
    // The prefix is set, so that every store answers with the same keys. Without it, it would be the name of the application.
    case ("sqlite", var file): sessions.UseSqlite(file ?? "Data Source=quickstart.db", o => o.Prefix = "session"); break;
    case ("postgres", { } server): sessions.UsePostgreSql(server, o => o.Prefix = "session"); break;
    case ("redis", { } server): sessions.UseRedis(server, o => o.Prefix = "session"); break;
    case var (store, _):
        Console.Error.WriteLine(
            $"There is no store '{store}', or it needs a --connection. Possible: --store memory, --store sqlite --connection "
            + "\"Data Source=app.db\", --store postgres --connection \"Host=localhost;Username=app;Database=app\", --store redis "
            + "--connection localhost:6379.");
        return 2;
}

var app = builder.Build();
app.UseStatusCodePages();
app.UseSactSession();

// What a session refuses (a bad user id, field name or value, too much data) is the client's fault here.
var api = app.MapGroup("").AddEndpointFilter(async (context, next) =>
{
    try
    {
        return await next(context);
    }
    catch (ArgumentException refusal)
    {
        return TypedResults.Problem(refusal.Message, statusCode: StatusCodes.Status400BadRequest);
    }
});

// A real application checks a password first.
api.MapPost("/login", async (Login login, ISactSession session) =>
{
    await (login.Metadata is { } metadata ? session.SetAsync(login.User, metadata) : session.SetAsync(login.User));
    return TypedResults.NoContent();
});

api.MapGet("/me", async Task<Results<Ok<Me>, UnauthorizedHttpResult>> (ISactSession session) =>
    await session.GetAsync() is { } me
        ? TypedResults.Ok(new Me(me.UserId, me.Key, me.Fields, me.CreatedAt, me.LastSeenAt, me.ExpiresAt))
        : TypedResults.Unauthorized());

api.MapPut("/me", async Task<Results<NoContent, UnauthorizedHttpResult>> (JsonElement fields, ISactSession session) =>
    await session.UpdateAsync(fields) ? TypedResults.NoContent() : TypedResults.Unauthorized());

api.MapPost("/me/visits", async Task<Results<Ok<Visits>, UnauthorizedHttpResult, ProblemHttpResult>> (ISactSession session) =>
{
    try
    {
        decimal visits = 0;
        return await session.ModifyAsync<decimal>("visits", before => visits = before + 1)
            ? TypedResults.Ok(new Visits(visits))
            : TypedResults.Unauthorized();
    }
    catch (Exception fault) when (fault is JsonException or OverflowException)
    {
        return TypedResults.Problem(
            "The field 'visits' holds no number that can be counted on.", statusCode: StatusCodes.Status409Conflict);
    }
});

api.MapPost("/renew", async Task<Results<NoContent, UnauthorizedHttpResult>> (ISactSession session) =>
    await session.RenewAsync() ? TypedResults.NoContent() : TypedResults.Unauthorized());

api.MapPost("/logout", async (ISactSession session) =>
{
    await session.DeleteAsync();
    return TypedResults.NoContent();
});

api.MapGet("/sessions", async Task<Results<Ok<Device[]>, UnauthorizedHttpResult>> (ISactSession session) =>
    await session.GetAsync() is not null
        ? TypedResults.Ok(
            (await session.GetActiveSessionsAsync()).Select(d => new Device(d.Key, d.CreatedAt, d.LastSeenAt, d.IsCurrent)).ToArray())
        : TypedResults.Unauthorized());

api.MapDelete("/sessions/{key}", async Task<Results<NoContent, NotFound, UnauthorizedHttpResult>> (string key, ISactSession session) =>
    await session.GetAsync() is null ? TypedResults.Unauthorized()
    : SessionKey.TryParse(key, null, out var mine) && await session.DeleteSessionAsync(mine) ? TypedResults.NoContent()
    : TypedResults.NotFound());

api.MapDelete("/sessions", async Task<Results<NoContent, UnauthorizedHttpResult>> (ISactSession session) =>
    await session.GetAsync() is not null && await session.DeleteOtherSessionsAsync() >= 0
        ? TypedResults.NoContent()
        : TypedResults.Unauthorized());

api.MapGet("/public", () => TypedResults.Ok(new Notice("Anybody may read this; no session was asked for.")));

const string json = "content-type: application/json";
app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine($"""
    QuickStart listens on {app.Urls.First()}. Try:
      curl -i -c jar -H '{json}' -d '{"{"}"user":"alice","metadata":{"{"}"role":"admin"{"}}"}' {app.Urls.First()}/login
      curl -i -b jar {app.Urls.First()}/me
      curl -i -b jar -X PUT -H '{json}' -d '{"{"}"theme":"dark"{"}"}' {app.Urls.First()}/me
      curl -i -b jar -X POST {app.Urls.First()}/me/visits
      curl -i -b jar -c jar -X POST {app.Urls.First()}/renew
      curl -i -b jar {app.Urls.First()}/sessions
      curl -i -b jar -c jar -X POST {app.Urls.First()}/logout
    """));
await app.RunAsync();
return 0;

internal sealed record Login([property: JsonRequired] string User, JsonElement? Metadata = null);
internal sealed record Me(
    string Id, SessionKey Key, SessionFields Metadata, DateTimeOffset CreatedAt, DateTimeOffset LastSeenAt, DateTimeOffset ExpiresAt);
internal sealed record Visits([property: JsonPropertyName("visits")] decimal Count);
internal sealed record Device(SessionKey Key, DateTimeOffset CreatedAt, DateTimeOffset LastSeenAt, bool Current);
internal sealed record Notice(string Message);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Login)), JsonSerializable(typeof(Me)), JsonSerializable(typeof(Visits)), JsonSerializable(typeof(Device[]))]
[JsonSerializable(typeof(Notice)), JsonSerializable(typeof(JsonElement)), JsonSerializable(typeof(ProblemDetails))]
internal sealed partial class Json : JsonSerializerContext;
