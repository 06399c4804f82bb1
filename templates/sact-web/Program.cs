using System.Net;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Identity;
using Sact.Session;
using SactWeb;

var builder = WebApplication.CreateBuilder(args);

// The options are in the section Sessions of appsettings.json, and the file in ConnectionStrings. Another store changes this line:
// UsePostgreSql() and UseRedis() are in packages of their own.
builder.Services.AddSactSession(builder.Configuration.GetSection("Sessions")).UseSqlite();
builder.Services.AddAuthentication().AddSactSession(o =>
{
    o.LoginPath = "/SignIn";
    o.AccessDeniedPath = "/SignIn";
});
builder.Services.AddAuthorization();
builder.Services.AddSingleton<IPasswordHasher<User>, PasswordHasher<User>>();
builder.Services.AddSingleton(services => new Users(
    builder.Configuration.GetConnectionString("Sessions")!, services.GetRequiredService<IPasswordHasher<User>>()));
builder.Services.AddRazorPages(o =>
{
    o.Conventions.AuthorizePage("/Devices");
    o.Conventions.AuthorizePage("/Password");
});

// Per address, so many passwords a minute, right or wrong. Behind a proxy call UseForwardedHeaders() first.
int passwordsPerMinute = builder.Configuration.GetValue("PasswordsPerMinute", 20);
builder.Services.AddRateLimiter(o =>
{
    o.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
    o.AddPolicy("passwords", context => HttpMethods.IsPost(context.Request.Method)
        ? RateLimitPartition.GetFixedWindowLimiter(
            context.Connection.RemoteIpAddress ?? IPAddress.None,
            _ => new() { PermitLimit = passwordsPerMinute, Window = TimeSpan.FromMinutes(1) })
        : RateLimitPartition.GetNoLimiter(IPAddress.Any));
});

var app = builder.Build();

// The store creates the file, so that only its owner may read it. The table of the users comes after it.
app.Services.GetRequiredService<IGenericStore>();
app.Services.GetRequiredService<Users>().CreateTable();
if (!app.Environment.IsDevelopment())
{
    app.UseExceptionHandler("/Error");
    app.UseHsts();
}

app.UseHttpsRedirection();
app.UseRouting();
app.UseSactSession();
app.UseAuthentication();
app.UseAuthorization();
app.UseRateLimiter();
app.MapRazorPages();
app.Run();
