namespace Accounts.Users;

/// <summary>Who has an account. No record type: its <c>ToString</c> would tell the hash.</summary>
internal sealed class User
{
    public required string Id { get; init; }

    /// <summary>What is typed at sign-in; unique, and never shown to others.</summary>
    public required string Name { get; init; }

    public required string DisplayName { get; init; }

    public required string PasswordHash { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}
