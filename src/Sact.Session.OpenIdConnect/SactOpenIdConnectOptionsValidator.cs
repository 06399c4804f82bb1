using Microsoft.Extensions.Options;

namespace Sact.Session;

/// <summary>Checks <see cref="SactOpenIdConnectOptions"/>.</summary>
internal sealed class SactOpenIdConnectOptionsValidator : IValidateOptions<SactOpenIdConnectOptions>
{
    public ValidateOptionsResult Validate(string? name, SactOpenIdConnectOptions options)
    {
        string[] broken =
        [
            .. Between(nameof(options.MaxLogoutTokenAge), options.MaxLogoutTokenAge, TimeSpan.FromMinutes(1), TimeSpan.FromHours(1)),
            .. Between(nameof(options.ClockSkew), options.ClockSkew, TimeSpan.Zero, TimeSpan.FromMinutes(10)),
            .. Between(nameof(options.RefreshBefore), options.RefreshBefore, TimeSpan.Zero, TimeSpan.FromHours(1)),
        ];
        return broken.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(broken);
    }

    private static IEnumerable<string> Between(string option, TimeSpan value, TimeSpan least, TimeSpan most)
    {
        if (value < least || value > most)
        {
            yield return $"{option} is {value}. It must be between {least} and {most}. Change SactOpenIdConnectOptions.{option}.";
        }
    }
}
