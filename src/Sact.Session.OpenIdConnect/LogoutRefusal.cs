namespace Sact.Session;

/// <summary>Why a logout request was refused, or failed. Only the log has the reason.</summary>
/// <param name="Reason">What is wrong with the request or failed here: a whole sentence without any value of the request.</param>
/// <param name="IsTemporary">Whether the same request may succeed later, so that the provider must send it again.</param>
/// <param name="Fault">What went wrong; null for a request that breaks a rule.</param>
internal sealed record LogoutRefusal(string Reason, bool IsTemporary = false, Exception? Fault = null)
{
    public static LogoutRefusal NotAForm { get; } = new("It is no form, or it is larger than 32 KiB.");

    public static LogoutRefusal NoToken { get; } = new("It has no single parameter logout_token.");

    public static LogoutRefusal TooLong { get; } = new("The token is longer than 16 KiB.");

    public static LogoutRefusal Encrypted { get; } = new("The token is encrypted, and only signed tokens are supported.");

    public static LogoutRefusal Malformed { get; } = new(
        "The token is no JWT in the compact form, a name is in it twice, or a string in it is no Unicode.");

    public static LogoutRefusal Algorithm { get; } = new("The token is not signed with an asymmetric algorithm.");

    public static LogoutRefusal Critical { get; } = new("The header names extensions as critical, and none is supported.");

    public static LogoutRefusal Type { get; } = new("The header has a type that is not the one of a logout token.");

    public static LogoutRefusal Signature { get; } = new("The signature is not one of the provider's.");

    public static LogoutRefusal Issuer { get; } = new("The issuer is not the provider.");

    public static LogoutRefusal Audience { get; } = new("The audience is not this client alone.");

    public static LogoutRefusal Times { get; } = new("The token lacks iat or exp, or a time in it is no number.");

    public static LogoutRefusal Future { get; } = new("The token was issued in the future, or is not valid yet. Compare the clocks.");

    public static LogoutRefusal Old { get; } = new("The token was issued longer ago than MaxLogoutTokenAge. Compare the clocks.");

    public static LogoutRefusal Expired { get; } = new("The token has expired. Compare the clocks.");

    public static LogoutRefusal Nonce { get; } = new("The token has a nonce, which a logout token never has. It may be an id token.");

    public static LogoutRefusal Events { get; } = new("The token has no event of a back-channel logout.");

    public static LogoutRefusal TokenId { get; } = new("The token has no jti of 1 to 256 characters.");

    public static LogoutRefusal WhoseSession { get; } = new(
        "The token has neither sid nor sub, or one of them is no string of 1 to 1024 characters.");

    public static LogoutRefusal Replayed { get; } = new("The token was accepted before: a replay.");

    public static LogoutRefusal KeysJustRead { get; } = new(
        "The key of the signature is unknown, and the keys of the provider were read less than a minute ago.", IsTemporary: true);

    public static LogoutRefusal NoKeys(Exception fault) => new(
        "The configuration or the keys of the provider cannot be read.", IsTemporary: true, fault);

    public static LogoutRefusal StoreFailed(Exception fault) => new("The session store failed.", IsTemporary: true, fault);
}
