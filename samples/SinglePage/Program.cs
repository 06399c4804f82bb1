using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Sact.Session;

var builder = WebApplication.CreateBuilder(args);
builder.WebHost.UseStaticWebAssets();
builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
builder.Services.AddSactSession(o => o.CaptureClient = true).UseSqlite(builder.Configuration["sqlite"] ?? "Data Source=single-page.db");
builder.Services.AddProblemDetails();
builder.Services.AddValidation();

var app = builder.Build();
app.Use((context, next) =>
{
    context.Response.Headers.ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'";
    context.Response.Headers.XContentTypeOptions = "nosniff";
    return next(context);
});

// The page and its script. They use no session, so a browser may cache them.
app.UseDefaultFiles();
app.UseStaticFiles();
app.UseSactSession();

// A real application checks a password first. A page of another site cannot send this body: JSON needs a CORS preflight.
app.MapPost("/api/login", async (Login login, ISactSession session) =>
{
    string name = login.Name.Trim();
    await session.SetAsync(name.ToLowerInvariant(), new { name });
    return TypedResults.NoContent();
});

// Whoever is nobody gets 401, and the reason if a session has ended.
var api = app.MapGroup("/api").AddEndpointFilter(async (context, next) =>
{
    var session = context.HttpContext.GetSactSession();
    return await session.GetAsync() is not null
        ? await next(context)
        : TypedResults.Problem(
            title: "Nobody is signed in.",
            statusCode: StatusCodes.Status401Unauthorized,
            extensions: session.EndReason is { } reason
                ? new Dictionary<string, object?> { ["endReason"] = JsonNamingPolicy.CamelCase.ConvertName(reason.ToString()) }
                : null);
});

api.MapGet("/me", async (ISactSession session) =>
{
    var me = await session.GetAsync();
    return new Me(me?["name"] ?? "", me?["note"] ?? "");
});

api.MapPut("/me/note", async (Note note, ISactSession session) =>
    await session.UpdateAsync(new { note = note.Content }) ? Results.NoContent() : Results.Unauthorized());

api.MapPost("/logout", async (ISactSession session) =>
{
    await session.DeleteAsync();
    return TypedResults.NoContent();
});

// The list of devices, and the script that warns before the end and signs out all tabs.
app.MapSactSessions("/api/sessions");
app.MapSactSessionTimeLeft("/api/time-left");

await app.StartAsync();
Console.WriteLine($"SinglePage listens on {app.Urls.First()}. Open it in two browsers, and sign in with the same name.");
await app.WaitForShutdownAsync();

internal sealed record Login([Required, StringLength(40)] string Name);
internal sealed record Me(string Name, string Note);
internal sealed record Note([Required(AllowEmptyStrings = true), StringLength(200)] string Content);
