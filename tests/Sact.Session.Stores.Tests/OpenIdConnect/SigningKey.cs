using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sact.Session.Stores.Tests.OpenIdConnect;

/// <summary>An RSA key, and tokens that it signs, whatever they say.</summary>
internal sealed class SigningKey(string id) : IDisposable
{
    private readonly RSA _rsa = RSA.Create(2048);

    public string Id => id;

    public byte[] Modulus => _rsa.ExportParameters(false).Modulus!;

    /// <summary>The public key as a file, which a careless reader takes for the secret of HMAC.</summary>
    public byte[] Pem => Encoding.ASCII.GetBytes(_rsa.ExportSubjectPublicKeyInfoPem());

    public JsonObject Public(string use = "sig")
    {
        var parameters = _rsa.ExportParameters(false);
        return new()
        {
            ["kty"] = "RSA",
            ["use"] = use,
            ["kid"] = id,
            ["n"] = Base64Url.EncodeToString(parameters.Modulus),
            ["e"] = Base64Url.EncodeToString(parameters.Exponent),
        };
    }

    public static string Encode(JsonNode json) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(json));

    public string Sign(JsonObject header, JsonObject payload) => Sign($"{Encode(header)}.{Encode(payload)}");

    /// <summary>Signs header and payload as they are.</summary>
    public string Sign(string text) => $"{text}.{Base64Url.EncodeToString(
        _rsa.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";

    public static string Hmac(byte[] secret, JsonObject header, JsonObject payload)
    {
        string text = $"{Encode(header)}.{Encode(payload)}";
        return $"{text}.{Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(text)))}";
    }

    public void Dispose() => _rsa.Dispose();
}
