using System.Security.Cryptography;
using Microsoft.AspNetCore.Identity;

namespace Accounts.Users;

/// <summary>Checks and makes passwords, by the framework's own hasher.</summary>
internal sealed class Passwords(IPasswordHasher<User> hasher, UserStore users)
{
    /// <summary>The name of the rate limit that every page which checks a password stands under.</summary>
    public const string Brake = "passwords";

    /// <summary>ASVS 5.0 V6.2.1.</summary>
    public const int MinLength = 8;

    /// <summary>Long enough for any passphrase (V6.2.9), and short enough to hash.</summary>
    public const int MaxLength = 128;

    // Nobody knows the password of this hash.
    private readonly string _nobodys = hasher.HashPassword(null!, RandomNumberGenerator.GetHexString(64));

    /// <summary>
    /// The user of that name, if the password is theirs. An unknown name costs the same work as a wrong password, so that the time tells
    /// nothing (V6.3.8).
    /// </summary>
    public User? Check(string name, string password)
    {
        var user = users.FindByName(name);
        return IsRight(user?.PasswordHash ?? _nobodys, password) && user is not null ? user : null;
    }

    public bool IsOf(User user, string password) => IsRight(user.PasswordHash, password);

    public string Hash(string password) => hasher.HashPassword(null!, password);

    private bool IsRight(string hash, string password) =>
        hasher.VerifyHashedPassword(null!, hash, password) != PasswordVerificationResult.Failed;
}
