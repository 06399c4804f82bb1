using Microsoft.Extensions.Configuration;

var builder = DistributedApplication.CreateBuilder(args);

// Redis must save, or a restart of its container signs everybody out. By default it evicts nothing, which sessions need.
var cache = Existing("cache") ?? builder.AddRedis("cache").WithDataVolume().WithPersistence();
var db = Existing("db") ?? builder.AddPostgres("postgres").WithDataVolume().AddDatabase("db");

// Two nodes, one set of sessions.
builder.AddProject<Projects.Shop>("shop")
    .WithReference(cache)
    .WithReference(db)
    .WaitFor(cache)
    .WaitFor(db)
    .WithHttpHealthCheck("/health")
    .WithReplicas(2)
    .WithExternalHttpEndpoints();

builder.Build().Run();

// A connection string of the configuration comes before a container: ConnectionStrings__cache=localhost:6379.
IResourceBuilder<IResourceWithConnectionString>? Existing(string name) =>
    builder.Configuration.GetConnectionString(name) is null ? null : builder.AddConnectionString(name);
