using System.Net;
using System.Threading.RateLimiting;
using Accounts.Users;
using Accounts.Web;
using Microsoft.AspNetCore.Identity;
using Microsoft.Data.Sqlite;

var builder = WebApplication.CreateBuilder(args);
builder.WebHost.UseStaticWebAssets();
builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);

// One file, made at the first start: the users' table beside the sessions'.
string database = new SqliteConnectionStringBuilder
{
    DataSource = builder.Configuration["Database"] ?? Path.Combine(builder.Environment.ContentRootPath, "accounts.db"),
}.ToString();

// What the page of devices shows of each: browser and address. Personal data, which goes with the session.
builder.Services.AddSactSession(o => o.CaptureClient = true).UseSqlite(database);
builder.Services.AddSingleton(_ => new UserStore(database));
builder.Services.AddSingleton<Passwords>().AddSingleton<IPasswordHasher<User>, PasswordHasher<User>>();

// What OWASP (Password Storage) asks of PBKDF2 with HMAC-SHA512; the hasher's default is 100,000.
builder.Services.Configure<PasswordHasherOptions>(o => o.IterationCount = 210_000);
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddScoped<SignIns>().AddScoped<Notices>();
builder.Services.AddRazorPages();
builder.Services.Configure<RouteOptions>(o => o.LowercaseUrls = true);

// A cookie with the prefix __Host- cannot be planted by a sibling domain. Antiforgery refuses Secure cookies on plain http, on localhost
// too, so there the prefix has to go; the session's own cookie keeps it.
bool http = builder.Environment.IsDevelopment();
builder.Services.AddAntiforgery(o =>
{
    o.Cookie.Name = http ? "form" : "__Host-form";
    o.Cookie.SecurePolicy = http ? CookieSecurePolicy.SameAsRequest : CookieSecurePolicy.Always;
});

// A brake on guessing, per address: so many passwords a minute, right or wrong.
int passwordsPerMinute = builder.Configuration.GetValue("PasswordsPerMinute", 20);
builder.Services.AddRateLimiter(o =>
{
    o.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
    o.AddPolicy(Passwords.Brake, context => HttpMethods.IsPost(context.Request.Method)
        ? RateLimitPartition.GetFixedWindowLimiter(
            context.Connection.RemoteIpAddress ?? IPAddress.None,
            _ => new() { PermitLimit = passwordsPerMinute, Window = TimeSpan.FromMinutes(1) })
        : RateLimitPartition.GetNoLimiter(IPAddress.Any));
});

var app = builder.Build();
app.Services.GetRequiredService<UserStore>().CreateTable();

app.UseExceptionHandler("/error");
app.UseStatusCodePagesWithReExecute("/error", "?status={0}");
app.UseSecurityHeaders();
app.UseSactSession();
app.UseRateLimiter();
app.MapStaticAssets();
app.MapRazorPages().WithStaticAssets();
app.MapSactSessionTimeLeft("/session");

app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine(
    $"Accounts listens on {app.Urls.First()}. Open it in a browser, and once more in a private window to have two devices."));
await app.RunAsync();
