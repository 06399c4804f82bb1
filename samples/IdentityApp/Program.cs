using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using IdentityApp.Administration;
using IdentityApp.Data;

var builder = WebApplication.CreateBuilder(args);

// Add services to the container.
var connectionString = builder.Configuration.GetConnectionString("DefaultConnection")
    ?? throw new InvalidOperationException("Connection string 'DefaultConnection' not found.");
builder.Services.AddDbContext<ApplicationDbContext>(options =>
    options.UseSqlite(connectionString));
builder.Services.AddDatabaseDeveloperPageExceptionFilter();

builder.Services.AddDefaultIdentity<IdentityUser>(options => options.SignIn.RequireConfirmedAccount = true)
    .AddEntityFrameworkStores<ApplicationDbContext>()
    // This and a line in Data/ApplicationDbContext.cs move the sessions.
    .AddSactSession().UseEntityFrameworkStore<ApplicationDbContext>();
builder.Services.AddRazorPages();

// Only the extra pages need these lines: /Devices shows the names of devices, and /Admin/Users is for the administrator.
builder.Services.AddSactSession(options => options.CaptureClient = true);
builder.Services.AddAdministrator();

var app = builder.Build();

// Configure the HTTP request pipeline.
if (app.Environment.IsDevelopment())
{
    app.UseMigrationsEndPoint();

    // Only the sample does this, so that one command starts it. In the template, apply migrations with "dotnet ef database update".
    await using var scope = app.Services.CreateAsyncScope();
    await scope.ServiceProvider.GetRequiredService<ApplicationDbContext>().Database.MigrateAsync();
}
else
{
    app.UseExceptionHandler("/Error");
    // The default HSTS value is 30 days. You may want to change this for production scenarios, see https://aka.ms/aspnetcore-hsts.
    app.UseHsts();
}

app.UseHttpsRedirection();

app.UseRouting();

// Here authentication knows that a request is for a static file, and does not read the session for it.
app.UseAuthentication();
app.UseAuthorization();

app.MapStaticAssets().DisableSactSession();
app.MapRazorPages()
   .WithStaticAssets();

app.Run();
